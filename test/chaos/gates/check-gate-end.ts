import type { ApprovalView, Evidence, Reading } from '#protocol/approval.ts';
import type { StoredRow } from '../simulator-client.ts';
import { type Violation, violation } from '../violation.ts';
import type { Gate } from './gate.ts';
import { windowFields, windowOf } from './gate-rules.ts';
import type { GateSnapshot } from './gate-snapshot.ts';
import { mayBeGoneBefore, possibleBetween } from './ticket-history.ts';

/**
 * Managers go by the clock of Redis, which each knows to half the time that it took to ask for it, which is half a second at
 * most: manager/redis/health.ts. What one manager wrote is judged without it.
 */
const clocksDifferMs = 500;

/** That a gate ended as it did must be so of its ticket, by the evidence and by what really happened to the ticket. */
export function checkGateEnd(gate: Gate, view: ApprovalView, snapshot: GateSnapshot): Violation[] {
  const faults = findFaults(gate, view, snapshot);
  return faults.map((fault) =>
    violation(`gate-${view.state}`, `${gate.marker} (${gate.story}): ${view.state}, and ${fault}`, {
      view,
      steps: gate.history?.steps.map(({ askedAt, doneAt, row }) => ({ askedAt, doneAt, row: brief(row) })),
    }),
  );
}

function findFaults(gate: Gate, view: ApprovalView, snapshot: GateSnapshot): string[] {
  switch (view.state) {
    case 'waiting':
      return [];
    case 'approved':
      return [...checkReading(gate, view, snapshot), ...checkApproved(gate, view)];
    case 'rejected':
      return [...checkReading(gate, view, snapshot), ...checkRejected(gate, view)];
    case 'expired':
      return view.failure?.code === 'gate-timed-out'
        ? checkTimedOut(view)
        : [...checkReading(gate, view, snapshot), ...checkWindowOver(gate, view)];
    case 'failed':
      return view.failure?.code === 'gate-window-invalid'
        ? [...checkReading(gate, view, snapshot), ...checkWindowInvalid(gate, view)]
        : checkFailed(gate, view);
    case 'cancelled':
      return gate.cancellation === 'not asked' ? ['nobody asked for it'] : [];
  }
}

/** The reading is complete, was made by the task that it names, and shows the ticket as it was while that task ran. */
function checkReading({ history, rules }: Gate, { evidence, endedAt }: ApprovalView, snapshot: GateSnapshot): string[] {
  const reading = evidence?.reading;
  if (!evidence || !reading) return ['there is no reading in its evidence'];
  if (!history) return ['there is no such ticket'];
  const { ticket, readAt, taskId, attempt } = reading;
  const task = snapshot.readings.get(taskId);
  const by = task?.attempts.find((each) => each.attempt === attempt);
  if (!task || !by) return [`no attempt ${attempt} of a task ${taskId} is known`];
  const faults: string[] = [];
  if (task.type !== 'ticket.read' || task.outcome?.kind !== 'succeeded') faults.push('its task read no ticket');
  if (by.delegateId !== reading.delegateId || by.delegateName !== reading.delegateName)
    faults.push('another delegate had the attempt that the evidence names');
  if (!snapshot.delegateNames.includes(reading.delegateName)) faults.push(`there is no ${reading.delegateName}`);
  if (ticket.number !== history.number || ticket.sysId !== history.sysId)
    faults.push('the evidence is of another ticket');
  const begunAtMs = Date.parse(by.assignedAt);
  const readAtMs = Date.parse(readAt);
  if (readAtMs > Date.parse(evidence.decidedAt) + clocksDifferMs || evidence.decidedAt > (endedAt ?? ''))
    faults.push('it was not read, decided and ended in this order');
  const possible = possibleBetween(history, begunAtMs - clocksDifferMs, readAtMs + clocksDifferMs);
  const names = fieldsOf(rules);
  const isAs = (row: StoredRow | undefined) => names.every((name) => row?.[name] === valuesOf(reading)[name]);
  if (!possible.some(({ row }) => isAs(row)))
    faults.push('its ticket never was as the evidence says while it was read');
  return faults;
}

function checkApproved({ rules, cancellation }: Gate, { evidence }: ApprovalView): string[] {
  const row = rowOf(evidence);
  const faults = checkApprovable(rules, row);
  if (cancellation === 'answered') faults.push('its cancellation was confirmed');
  if (!rules.hasWindow || !evidence?.reading) return faults;
  const window = windowOf(row);
  const [readAt, decidedAt] = [Date.parse(evidence.reading.readAt), Date.parse(evidence.decidedAt)];
  if (window === 'invalid') faults.push('its window is none');
  else if (readAt + clocksDifferMs < window.startsAt || decidedAt < window.startsAt || decidedAt >= window.endsAt)
    faults.push('its window was not open');
  return faults;
}

function checkRejected({ rules, cancellation }: Gate, { evidence }: ApprovalView): string[] {
  const faults = rules.reject?.holds(rowOf(evidence)) ? [] : ['nothing rejects it'];
  if (cancellation === 'answered') faults.push('its cancellation was confirmed');
  return faults;
}

function checkTimedOut({ endedAt, deadlineAt }: ApprovalView): string[] {
  return endedAt !== undefined && endedAt >= deadlineAt ? [] : ['its time-out was not over'];
}

function checkWindowOver({ rules }: Gate, { evidence, failure }: ApprovalView): string[] {
  const row = rowOf(evidence);
  const window = windowOf(row);
  const isOver = window !== 'invalid' && Date.parse(evidence?.decidedAt ?? '') >= window.endsAt;
  const faults = checkApprovable(rules, row);
  if (failure?.code !== 'gate-window-over') faults.push(`for ${failure?.code}`);
  if (!rules.hasWindow || !isOver) faults.push('its window was not over');
  return faults;
}

function checkWindowInvalid({ rules }: Gate, { evidence }: ApprovalView): string[] {
  const row = rowOf(evidence);
  const faults = checkApprovable(rules, row);
  if (!rules.hasWindow || windowOf(row) !== 'invalid') faults.push('its window was a good one');
  return faults;
}

/** Nothing but a ticket that is not there: all else is noise. */
function checkFailed({ history }: Gate, { failure, endedAt }: ApprovalView): string[] {
  if (failure?.code !== 'ticket-not-found') return [`noise decided it: ${failure?.code}`];
  return !history || mayBeGoneBefore(history, Date.parse(endedAt ?? '') + clocksDifferMs)
    ? []
    : ['its ticket was there'];
}

function checkApprovable(rules: Gate['rules'], row: StoredRow): string[] {
  const faults: string[] = [];
  if (!rules.approve.holds(row)) faults.push('nothing approves it');
  if (rules.reject?.holds(row)) faults.push('it is rejected');
  return faults;
}

function fieldsOf({ approve, reject, hasWindow }: Gate['rules']): string[] {
  return [...approve.fields, ...(reject?.fields ?? []), ...(hasWindow ? Object.values(windowFields) : [])];
}

function rowOf(evidence: Evidence | undefined): StoredRow {
  return evidence?.reading ? valuesOf(evidence.reading) : {};
}

function valuesOf({ ticket }: Reading): StoredRow {
  return Object.fromEntries(Object.entries(ticket.fields).map(([name, { value }]) => [name, value]));
}

function brief(row: StoredRow | undefined): unknown {
  if (!row) return 'deleted';
  const { state, approval, start_date, end_date } = row;
  return { state, approval, start_date, end_date };
}
