import { setTimeout } from 'node:timers/promises';
import type { SimulatorClient, StoredRow } from '../simulator-client.ts';
import { toStored } from './gate-rules.ts';
import type { PlannedTicket, TicketStory } from './plan-gates.ts';
import type { TicketHistory } from './ticket-history.ts';

const table = 'change_request';
const second = 1_000;
const hour = 3_600_000;

/** Makes the ticket of a story as it is at its beginning; undefined when the story has none. */
export async function makeTicket(
  simulator: SimulatorClient,
  { story }: PlannedTicket,
  name: string,
): Promise<TicketHistory | undefined> {
  if (story === 'wrong-number') return undefined;
  const askedAt = Date.now();
  const row = await simulator.createRecord(table, { short_description: name, ...beginningOf(story, askedAt) });
  return { table, number: row.number, sysId: row.sys_id, steps: [{ askedAt, doneAt: Date.now(), row }] };
}

/** Changes it as its story goes, and takes down when. */
export async function changeTicket(
  simulator: SimulatorClient,
  { story, atMs, gapMs }: PlannedTicket,
  history: TicketHistory,
): Promise<void> {
  const changes = changesOf(story);
  for (const [index, change] of changes.entries()) {
    await setTimeout(index === 0 ? atMs : gapMs);
    const askedAt = Date.now();
    const fields = change === 'delete' ? undefined : change(askedAt);
    const row = fields && (await simulator.changeRecord(table, history.sysId, fields));
    if (!fields) await simulator.deleteRecord(table, history.sysId);
    history.steps.push({ askedAt, doneAt: Date.now(), row });
  }
}

const asking = { state: '-3' };
const scheduled = { state: '-2', approval: 'approved' };
const rejected = { state: '-5', approval: 'rejected' };

function beginningOf(story: TicketStory, now: number): StoredRow {
  switch (story) {
    case 'open-window':
      return { ...scheduled, ...windowFrom(now + second, hour) };
    case 'move-window':
      return { ...scheduled, ...windowFrom(now + hour, hour) };
    case 'close-window':
      return { ...asking, ...windowFrom(now - hour, hour + 2 * second) };
    case 'blank-window':
      return { ...asking, ...windowFrom(now - hour, 2 * hour) };
    case 'approve':
    case 'reject':
    case 'both-at-once':
    case 'approve-then-reject':
    case 'flicker':
    case 'delete':
    case 'wrong-number':
    case 'leave':
      return asking;
  }
}

type Change = 'delete' | ((now: number) => StoredRow);

function changesOf(story: TicketStory): readonly Change[] {
  switch (story) {
    case 'approve':
    case 'close-window':
      return [() => scheduled];
    case 'reject':
      return [() => rejected];
    case 'both-at-once':
      return [() => ({ state: '4', approval: 'approved' })];
    case 'approve-then-reject':
      return [() => scheduled, () => rejected];
    case 'flicker':
      return [() => ({ approval: 'approved' }), () => ({ approval: 'requested' })];
    case 'move-window':
      return [(now) => windowFrom(now + second, hour)];
    case 'blank-window':
      return [() => ({ ...scheduled, start_date: '' })];
    case 'delete':
      return ['delete'];
    case 'open-window':
    case 'wrong-number':
    case 'leave':
      return [];
  }
}

function windowFrom(startsAt: number, lengthMs: number): StoredRow {
  return { start_date: toStored(startsAt), end_date: toStored(startsAt + lengthMs) };
}
