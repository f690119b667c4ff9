import { describe, expect, it } from 'vitest';
import { type RunningSimulator, startSimulator } from '../../support/simulator.ts';
import { call, createChange, query } from './client.ts';

const base = '/api/sn_chg_rest/change';

async function producerOf(simulator: RunningSimulator): Promise<string> {
  const path = `/api/now/table/std_change_record_producer${query({ sysparm_query: 'active=true' })}`;
  return String((await call(simulator, 'GET', path)).records[0]?.sys_id);
}

describe('the Change Management API', () => {
  it('writes a state as a float (trap 20)', async () => {
    await using simulator = await startSimulator();
    const { text } = await call(simulator, 'POST', base, { body: { short_description: 'x' } });
    expect(text).toContain('"state":{"display_value":"New","value":-5.0}');
  });

  it('lists two transitions from Implement to Review, of which the end of the tasks opens one (trap 52)', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator, { state: '-1' });
    const openOnes = async () => {
      const { record } = await call(simulator, 'GET', `${base}/${sys_id}/nextstates`);
      const [toReview] = record.state_transitions as {
        transition_available: boolean;
        automatic_transition: boolean;
      }[][];
      return toReview?.map((found) => [found.automatic_transition, found.transition_available]);
    };
    expect(await openOnes()).toEqual([
      [true, false],
      [false, true],
    ]);
    const task = await call(simulator, 'POST', `${base}/${sys_id}/task`, { body: { change_task_type: 'testing' } });
    expect(task.record).toMatchObject({ change_task_type: { value: 'testing' }, parent: { value: sys_id } });
    const { value } = task.record.sys_id as { value: string };
    await call(simulator, 'PATCH', `/api/now/table/change_task/${value}`, { body: { state: '3' } });
    expect(await openOnes()).toEqual([
      [true, true],
      [false, true],
    ]);
    expect((await call(simulator, 'GET', `${base}/${sys_id}/task`)).records).toHaveLength(1);
  });

  it('may answer with a list of one (trap 49)', async () => {
    await using simulator = await startSimulator({ changeApiResult: 'array' });
    const { records } = await call(simulator, 'POST', base, { body: { short_description: 'x' } });
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ short_description: { value: 'x' } });
  });

  it('may lie about what it ignored, both ways (trap 50)', async () => {
    await using simulator = await startSimulator({ changeApiIgnoredFields: 'misleading' });
    const { sys_id } = await createChange(simulator);
    const patched = await call(simulator, 'PATCH', `${base}/${sys_id}`, { body: { short_description: 'applied' } });
    expect(patched.record).toMatchObject({
      short_description: { value: 'applied' },
      __meta: { ignoredFields: ['short_description'] },
    });
    const path = `${base}/standard/${await producerOf(simulator)}`;
    const created = await call(simulator, 'POST', path, { body: { test_plan: 'mine' } });
    expect(created.record).toMatchObject({
      test_plan: { value: 'Open the start page' },
      __meta: { ignoredFields: [] },
    });
  });

  it('may refuse with 400, the rule in the message and an empty detail', async () => {
    await using simulator = await startSimulator({ changeApiRefusals: '400' });
    const { sys_id } = await createChange(simulator);
    const { status, json } = await call(simulator, 'PATCH', `${base}/${sys_id}`, { body: { state: '3' } });
    expect([status, json]).toEqual([
      400,
      {
        error: { message: expect.stringContaining("aborted by Business Rule 'Change Model"), detail: '' },
        status: 'failure',
      },
    ]);
  });
});
