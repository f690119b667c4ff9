import { describe, expect, it } from 'vitest';
import type { TaskView } from '#protocol/task.ts';
import type { Api } from '../../../cli/api-client.ts';
import { followTask } from '../../../cli/follow-task.ts';
import { makeTask, runCommand } from './command-world.ts';

const running = (notes: readonly string[] = []) =>
  makeTask({
    state: 'running',
    attempts: [{ attempt: 2, delegateId: 'd', delegateName: 'north', assignedAt: 'x', notes }],
  });
const ended = makeTask({ state: 'succeeded', outcome: { kind: 'succeeded', result: {} } });

/** Follows a task that the manager shows so, each time half a minute later. */
async function follow(...shown: readonly object[]): Promise<string[]> {
  const told: string[] = [];
  let nowMs = 0;
  const [first, ...later] = shown;
  const call = async () => {
    nowMs += 30_000;
    return later.shift();
  };
  const api = { url: '', call, close: async () => {} } as unknown as Api;
  await followTask(
    api,
    first as TaskView,
    (line) => told.push(line),
    () => nowMs,
  );
  return told;
}

describe('following a task', () => {
  it('tells who has it and what it noted, and says every half a minute that it still runs', async () => {
    expect(await follow(running(), running(), running(['looked first']), running(['looked first']), ended)).toEqual([
      '… task tsk_1 is running, attempt 2 by north',
      '… task tsk_1 is running, attempt 2 by north, for 30s so far',
      '… task tsk_1 is running, attempt 2 by north\n  · looked first',
      '… task tsk_1 is running, attempt 2 by north, for 1m 30s so far',
    ]);
  });
});

describe('Ctrl-C while a task is followed', () => {
  const interruptAt = async (method: string, ...more: string[]) => {
    const pressed = new AbortController();
    const args = ['ticket', 'show', 'CHG0030001', '--connector', 'sn', '--table', 'change_request', ...more];
    return runCommand(more.length > 0 ? ['ticket', 'update', ...args.slice(2)] : args, {
      interrupt: pressed.signal,
      answer: (sent) => {
        if (sent.method !== method) return running();
        pressed.abort();
        return new Promise(() => {});
      },
    });
  };

  it('says that the task goes on, and how to see or stop it, and exits with 130', async () => {
    const { code, stderr } = await interruptAt('GET');
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /… task tsk_1 goes on; "ticketgate task show tsk_1" tells how it ends, "ticketgate task cancel tsk_1" stops it\n$/,
    );
  });

  it('says of an idempotency key that was given that it leads back to the task', async () => {
    const { stderr } = await interruptAt('GET', '--field', 'a=b', '--idempotency-key', 'run-7');
    expect(stderr).toMatch(/, the same command with --idempotency-key run-7 follows it again\n$/);
  });

  it('says that it is not known whether a task was taken whose submission was not answered', async () => {
    const { code, stderr } = await interruptAt('POST');
    expect([code, stderr]).toEqual([
      130,
      '… whether the task was taken is not known; "ticketgate tasks" lists it if it was\n',
    ]);
  });
});
