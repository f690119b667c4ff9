import { decodeFromDelegate, encode } from '#protocol/codec.ts';
import { type Failure, failure } from '#protocol/failure.ts';
import type { AssignmentKey, Message } from '#protocol/messages.ts';
import type { Conclusion } from './conclusion.ts';

type Report = Message<'task.report'>;

const maxNotes = 100;
const maxNoteLength = 1_024;
const maxMessageLength = 8_192;
const maxRemedyLength = 4_096;

/**
 * Makes the report of an attempt. It is checked here as the manager will check it: a report that breaks the protocol
 * would close its session, be sent again in the next, and close that one too, for ever.
 */
export function composeReport(
  key: AssignmentKey,
  { outcome, sideEffect }: Conclusion,
  notes: readonly string[],
): Report {
  const report: Report = {
    type: 'task.report',
    taskId: key.taskId,
    attempt: key.attempt,
    outcome: outcome.kind === 'failed' ? { kind: 'failed', failure: clip(outcome.failure) } : outcome,
    sideEffect,
    notes: notes.slice(0, maxNotes).map((note) => note.slice(0, maxNoteLength)),
  };
  const fault = findFault(report);
  if (fault === undefined) return report;
  return withFailure(
    report,
    failure('delegate-fault', `The result cannot be sent: ${fault}`.slice(0, 1_000), bugRemedy),
  );
}

/** Makes a report fit into a frame: without its notes, and with a failure in the place of a result. A side effect stays said. */
export function replaceTooLarge(report: Report, bytes: number, maxBytes: number): Report {
  if (report.outcome.kind !== 'succeeded') return { ...report, notes: [] };
  const said = `The attempt succeeded, but its report has ${bytes} bytes and a frame at most ${maxBytes}.`;
  return withFailure(
    { ...report, notes: [] },
    report.sideEffect
      ? failure('outcome-unknown', said, 'Look at the ticket in ServiceNow before you submit this again.')
      : failure('result-too-large', said, 'Ask for fewer tickets or fewer fields in one task.'),
  );
}

export function byteLengthOf(report: Report): number {
  return new TextEncoder().encode(encode(report)).length;
}

export const bugRemedy = 'This is a bug in the delegate: its log has the details. Please report it.';

function withFailure(report: Report, reason: Failure): Report {
  return { ...report, outcome: { kind: 'failed', failure: reason } };
}

function findFault(report: Report): string | undefined {
  let frame: string;
  try {
    frame = encode(report);
  } catch {
    // JSON.stringify throws for cycles and big integers.
    return 'it is not JSON';
  }
  const decoded = decodeFromDelegate(frame);
  return 'fault' in decoded ? decoded.fault : undefined;
}

function clip(reason: Failure): Failure {
  return {
    ...reason,
    message: reason.message.slice(0, maxMessageLength),
    remedy: reason.remedy.slice(0, maxRemedyLength),
  };
}
