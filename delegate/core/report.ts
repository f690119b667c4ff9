import { encode } from '#protocol/codec.ts';
import { type Failure, failure } from '#protocol/failure.ts';
import { type AssignmentKey, type Message, messages, type Usage } from '#protocol/messages.ts';
import type { AttemptOutcome } from '#protocol/task.ts';
import { compileCheck, describeFaults } from '#protocol/validation.ts';
import type { Conclusion } from './conclusion.ts';

type Report = Message<'task.report'>;

/** How an attempt ended, without the result, which may be large. */
type Ending = Exclude<AttemptOutcome, { kind: 'succeeded' }> | { readonly kind: 'succeeded' };

/** A report as it travels: checked, encoded and measured once, however often it is said. */
export interface EncodedReport {
  readonly key: AssignmentKey;
  readonly ending: Ending;
  readonly sideEffect: boolean;
  readonly frame: string;
  readonly bytes: number;
}

const maxNotes = 100;
const maxNoteLength = 1_024;
const maxMessageLength = 8_192;
const maxRemedyLength = 4_096;

/**
 * Makes the report of an attempt. It is checked here as the manager will check it: a report that breaks the protocol
 * would close its session, be sent again in the next, and close that one too, for ever.
 */
export function composeReport(
  { taskId, attempt }: AssignmentKey,
  { outcome, sideEffect, earlier }: Conclusion,
  notes: readonly string[],
  usage?: Usage,
): EncodedReport {
  const report: Report = {
    type: 'task.report',
    taskId,
    attempt,
    outcome: outcome.kind === 'failed' ? { kind: 'failed', failure: clipFailure(outcome.failure) } : outcome,
    sideEffect,
    ...(earlier && { earlier }),
    notes: notes.slice(0, maxNotes).map((note) => note.slice(0, maxNoteLength)),
    ...(usage && { usage }),
  };
  const fault = findFault(report);
  const encoded = fault === undefined ? tryToEncode(report) : { fault };
  if (!('fault' in encoded)) return encoded;
  const reason = failure('delegate-fault', `The result cannot be sent: ${encoded.fault}`.slice(0, 1_000), bugRemedy);
  return encodeReport({ ...report, outcome: { kind: 'failed', failure: reason } });
}

/**
 * Makes a report fit into a frame: without its notes, without what a failure tells of the part that was done, and with a
 * failure in the place of a result. A side effect stays said; what was found of earlier attempts may have been in that part.
 */
export function replaceTooLarge(report: EncodedReport, maxBytes: number): EncodedReport {
  const { key, sideEffect } = report;
  const outcome = shrink(report, maxBytes);
  return encodeReport({ type: 'task.report', ...key, outcome, sideEffect, notes: [] });
}

export const bugRemedy = 'This is a bug in the delegate: its log has the details. Please report it.';

/** Cuts the texts of a failure to what the protocol allows. */
export function clipFailure(reason: Failure): Failure {
  return {
    ...reason,
    message: reason.message.slice(0, maxMessageLength),
    remedy: reason.remedy.slice(0, maxRemedyLength),
  };
}

const checkReport = compileCheck(messages['task.report'].schema);

/**
 * Finds what the manager would not accept. What is checked is the report and not its frame read back: in a frame
 * nothing else can be missing than a result that is not written as JSON.
 */
function findFault(report: Report): string | undefined {
  const { outcome } = report;
  if (outcome.kind === 'succeeded' && !isWrittenAsJson(outcome.result)) return 'it is not JSON';
  const checked = checkReport(report);
  return 'faults' in checked ? describeFaults(checked.faults) : undefined;
}

/** JSON.stringify leaves out undefined, functions, symbols, and what toJSON makes of a value is not known beforehand. */
function isWrittenAsJson(result: unknown): boolean {
  return typeof result === 'object' && result !== null && !('toJSON' in result);
}

function shrink({ ending, sideEffect, bytes }: EncodedReport, maxBytes: number): Report['outcome'] {
  switch (ending.kind) {
    case 'succeeded':
      return sayTooLarge(sideEffect, bytes, maxBytes);
    case 'failed':
      return { kind: 'failed', failure: dropPart(ending.failure, bytes, maxBytes) };
    case 'cancelled':
      return ending;
  }
}

function dropPart({ partialResult, ...reason }: Failure, bytes: number, maxBytes: number): Failure {
  if (partialResult === undefined) return reason;
  const said = `What was done so far is left out: the report has ${bytes} bytes and a frame at most ${maxBytes}.`;
  return { ...reason, message: `${said} ${reason.message}`.slice(0, maxMessageLength) };
}

function sayTooLarge(sideEffect: boolean, bytes: number, maxBytes: number): Report['outcome'] {
  const said = `The attempt succeeded, but its report has ${bytes} bytes and a frame at most ${maxBytes}.`;
  const reason = sideEffect
    ? failure('outcome-unknown', said, 'Look at the ticket in ServiceNow before you submit this again.')
    : failure('result-too-large', said, 'Ask for fewer tickets or fewer fields in one task.');
  return { kind: 'failed', failure: reason };
}

function tryToEncode(report: Report): EncodedReport | { readonly fault: string } {
  try {
    return encodeReport(report);
  } catch {
    // JSON.stringify throws for cycles and big integers.
    return { fault: 'it is not JSON' };
  }
}

function encodeReport(report: Report): EncodedReport {
  const { taskId, attempt, outcome, sideEffect } = report;
  const frame = encode(report);
  return {
    key: { taskId, attempt },
    ending: outcome.kind === 'succeeded' ? { kind: 'succeeded' } : outcome,
    sideEffect,
    frame,
    bytes: Buffer.byteLength(frame, 'utf8'),
  };
}
