import type { ApprovalView, Evidence } from '#protocol/approval.ts';
import type { DeliveryView } from '#protocol/delivery.ts';
import { formatDuration } from '#runtime/duration.ts';
import { oneLine } from './one-line.ts';
import { renderTime } from './output.ts';
import { renderFailure } from './task-text.ts';
import { renderApprovers, renderFields } from './ticket-text.ts';

/** What an approval waits for: the same lines as long as nothing has changed, so that a change is news. */
export function renderWaiting(approval: ApprovalView): string[] {
  const { ticket, current, window, warnings, waitingFor, lastFailure } = approval;
  const fields = renderFields(current);
  return [
    summarizeWaiting(approval),
    ...(fields === '' ? [] : [`  now: ${fields}`]),
    ...(waitingFor && waitingFor.length > 0 ? [`  waits for ${renderApprovers(waitingFor)}`] : []),
    ...(window?.startsAt === undefined
      ? []
      : [`  change window: ${renderTime(window.startsAt)} to ${renderTime(window.endsAt)}`]),
    ...warnings.map((warning) => `  ! ${oneLine(warning)}`),
    ...(lastFailure ? [`  ! the last poll failed: ${oneLine(lastFailure.message)}`] : []),
    ...(ticket.link === '' ? [] : [`  ${oneLine(ticket.link)}`]),
  ];
}

/** The same in a few words. */
export function summarizeWaiting({ ticket, waitingBecause }: ApprovalView): string {
  return `… ${ticket.table} ${oneLine(ticket.number || ticket.sysId)}: ${oneLine(waitingBecause ?? 'waiting')}`;
}

/** How an approval ended, with the evidence or the reason. */
export function renderEnd({ id, state, endedAt, evidence, failure, warnings }: ApprovalView): string[] {
  const mark = state === 'approved' ? '✓' : '✗';
  return [
    `${mark} approval ${id} ${state} at ${renderTime(endedAt)}`,
    ...(evidence ? renderEvidence(evidence) : []),
    ...warnings.map((warning) => `  ! ${oneLine(warning)}`),
    ...(failure ? renderFailure(failure).map((line) => `  ${line.replace(/^✗ /, '')}`) : []),
  ];
}

function renderEvidence({ rule, reading }: Evidence): string[] {
  if (!reading) return [`  because: ${oneLine(rule)}`];
  const { ticket, delegateName, readAt, taskId, attempt, requestIds } = reading;
  const requests = requestIds ? `, request ${oneLine(requestIds.join(' '))}` : '';
  return [
    `  because: ${oneLine(rule)}`,
    `  ticket: ${oneLine(ticket.number || ticket.sysId)}, ${renderFields(ticket.fields)}`,
    `  seen by delegate ${delegateName} at ${renderTime(readAt)}, task ${taskId} attempt ${attempt}${requests}`,
    `  ${oneLine(ticket.link)}`,
  ];
}

/** Everything about an approval. */
export function renderApproval(approval: ApprovalView): string[] {
  const { id, state, ticket, criteria, window, createdAt, deadlineAt, lastPolledAt, nextPollAt } = approval;
  const { expectedDurationMs, webhook, workNotes } = approval;
  return [
    `approval  ${id}`,
    `state     ${state}`,
    `ticket    ${ticket.table} ${oneLine(ticket.number || ticket.sysId)} ${oneLine(ticket.link)}`,
    `approve   ${oneLine(criteria.approve)}`,
    `reject    ${oneLine(criteria.reject ?? '-')}`,
    ...(window ? [`window    ${window.startField} to ${window.endField}`] : []),
    ...(expectedDurationMs === undefined ? [] : [`expected  ${formatDuration(expectedDurationMs)}`]),
    ...(webhook ? [`webhook   ${webhook.url}`] : []),
    ...(workNotes ? ['note      the end is noted on the ticket'] : []),
    `created   ${renderTime(createdAt)}`,
    `deadline  ${renderTime(deadlineAt)}`,
    `polled    ${renderTime(lastPolledAt)}${nextPollAt === undefined ? '' : `, next ${renderTime(nextPollAt)}`}`,
    ...(state === 'waiting' ? renderWaiting(approval) : renderEnd(approval)),
  ];
}

/** How the end of an approval is told in one way. */
export function renderDelivery({ kind, state, target, nextTryAt, because, tries }: DeliveryView): string[] {
  const mark = state === 'delivered' ? '✓' : state === 'given-up' ? '✗' : '…';
  const next = nextTryAt === undefined ? '' : `, next try ${renderTime(nextTryAt)}`;
  const reason = because === undefined ? '' : `: ${oneLine(because)}`;
  return [
    `${mark} ${kind}${target === undefined ? '' : ` to ${oneLine(target)}`} ${state}${next}${reason}`,
    ...tries.map(({ at, durationMs, detail }) => `  ${renderTime(at)}, ${durationMs} ms: ${oneLine(detail)}`),
  ];
}
