import type { ApprovalView, Evidence } from '#protocol/approval.ts';
import { renderTime } from './output.ts';
import { renderFailure } from './task-text.ts';
import { renderApprovers, renderFields } from './ticket-text.ts';

/** What an approval waits for: the same lines as long as nothing has changed, so that a change is news. */
export function renderWaiting({ ticket, current, waitingFor, waitingBecause, lastFailure }: ApprovalView): string[] {
  const fields = renderFields(current);
  return [
    `… ${ticket.table} ${ticket.number || ticket.sysId}: ${waitingBecause ?? 'waiting'}`,
    ...(fields === '' ? [] : [`  now: ${fields}`]),
    ...(waitingFor && waitingFor.length > 0 ? [`  waits for ${renderApprovers(waitingFor)}`] : []),
    ...(lastFailure ? [`  ! the last poll failed: ${lastFailure.message}`] : []),
  ];
}

/** How an approval ended, with the evidence or the reason. */
export function renderEnd({ id, state, endedAt, evidence, failure }: ApprovalView): string[] {
  const mark = state === 'approved' ? '✓' : '✗';
  return [
    `${mark} approval ${id} ${state} at ${renderTime(endedAt)}`,
    ...(evidence ? renderEvidence(evidence) : []),
    ...(failure ? renderFailure(failure).map((line) => `  ${line.replace(/^✗ /, '')}`) : []),
  ];
}

function renderEvidence({ rule, reading }: Evidence): string[] {
  if (!reading) return [`  because: ${rule}`];
  const { ticket, delegateName, readAt, taskId, attempt, requestIds } = reading;
  const requests = requestIds ? `, request ${requestIds.join(' ')}` : '';
  return [
    `  because: ${rule}`,
    `  ticket: ${ticket.number || ticket.sysId}, ${renderFields(ticket.fields)}`,
    `  seen by delegate ${delegateName} at ${renderTime(readAt)}, task ${taskId} attempt ${attempt}${requests}`,
    `  ${ticket.link}`,
  ];
}

/** Everything about an approval. */
export function renderApproval(approval: ApprovalView): string[] {
  const { id, state, ticket, criteria, window, createdAt, deadlineAt, lastPolledAt, nextPollAt } = approval;
  return [
    `approval  ${id}`,
    `state     ${state}`,
    `ticket    ${ticket.table} ${ticket.number || ticket.sysId} ${ticket.link}`,
    `approve   ${criteria.approve}`,
    `reject    ${criteria.reject ?? '-'}`,
    ...(window ? [`window    ${window.startField} to ${window.endField}`] : []),
    `created   ${renderTime(createdAt)}`,
    `deadline  ${renderTime(deadlineAt)}`,
    `polled    ${renderTime(lastPolledAt)}${nextPollAt === undefined ? '' : `, next ${renderTime(nextPollAt)}`}`,
    ...(state === 'waiting' ? renderWaiting(approval) : renderEnd(approval)),
  ];
}
