import type { FailureCode } from '#protocol/failure.ts';
import type { Outcome } from '#protocol/task.ts';
import type { Delivery, EndedApproval } from './delivery-record.ts';
import { isoTime } from './task-record.ts';
import type { Tasks } from './tasks.ts';
import type { Tried } from './webhook-delivery.ts';

export interface WorkNotesDeps {
  readonly tasks: Pick<Tasks, 'submit'>;
}

/** How often to look whether the task that writes the note has ended; the longer it takes, the more seldom. */
const lookAgainMs = { least: 1_000, most: 30_000 };

/**
 * Has the note written by a task, and looks what became of it. The key names the approval and the round: however often
 * and by whomever it is submitted, it is one task, which writes the note once. A new round begins when that one has ended
 * without the note.
 */
export async function writeWorkNotes(
  { tasks }: WorkNotesDeps,
  record: EndedApproval,
  { round }: Delivery,
  now: number,
): Promise<Tried> {
  const { spec, end } = record;
  const sysId = end.evidence.reading?.ticket.sysId;
  if (sysId === undefined) {
    const because = 'the ticket was never read, so it is not known where to write';
    return { result: { kind: 'never', because }, told: { detail: because } };
  }
  const task = await tasks.submit({
    type: 'ticket.update',
    params: { table: spec.table, sysId, fields: { work_notes: writeNote(record) } },
    origin: spec.origin,
    selectors: [],
    isBackground: true,
    limits: {},
    // No caller can have used it: a header holds no line break.
    idempotencyKey: `approval-work-notes\n${spec.id}\n${round}`,
  });
  const taskId = task.spec.id;
  if (task.outcome) return judge(task.outcome, taskId);
  const sinceMs = Math.max(0, now - task.spec.createdAt);
  const lookMs = Math.min(Math.max(sinceMs / 4, lookAgainMs.least), lookAgainMs.most);
  return { result: { kind: 'later', lookAgainMs: Math.round(lookMs), taskId }, told: undefined };
}

/** What no repetition mends within a task, and time does; nothing was written. docs/decisions/0004. */
const mendItself: ReadonlySet<FailureCode> = new Set<FailureCode>(['servicenow-hibernating', 'servicenow-login-page']);

function judge(outcome: Outcome, taskId: string): Tried {
  switch (outcome.kind) {
    case 'succeeded':
      return { result: { kind: 'delivered' }, told: { detail: 'the note is on the ticket', taskId } };
    case 'cancelled':
      return {
        result: { kind: 'never', because: 'its task was cancelled' },
        told: { detail: `cancelled: ${outcome.reason}`, taskId },
      };
    case 'expired':
      return again(outcome.failure.message, taskId);
    case 'failed': {
      const { code, message, remedy, retry } = outcome.failure;
      if (mendItself.has(code)) return again(message, taskId);
      switch (retry) {
        case 'same-delegate':
        case 'other-delegate':
          return again(message, taskId);
        case 'never':
          return { result: { kind: 'never', because: `${message}. ${remedy}` }, told: { detail: message, taskId } };
        case 'unknown-outcome':
          return {
            result: {
              kind: 'never',
              because: 'whether the note was written is not known, and it must not be there twice',
            },
            told: { detail: message, taskId },
          };
      }
    }
  }
}

function again(detail: string, taskId: string): Tried {
  return { result: { kind: 'failed', isTaskOver: true }, told: { detail, taskId } };
}

/** The same text every time; the id in it tells two notes of one ticket apart. */
function writeNote({ spec, end }: EndedApproval): string {
  const { evidence, state, endedAt } = end;
  const { reading, rule } = evidence;
  return [
    `Ticketgate: approval ${spec.id} ended as ${state} at ${isoTime(endedAt)}.`,
    `Rule: ${rule}`,
    ...('failure' in end ? [`Reason: ${end.failure.message}`] : []),
    ...(reading ? [`The ticket was read at ${reading.readAt} by the delegate ${reading.delegateName}.`] : []),
  ].join('\n');
}
