import type { ApprovalView } from '#protocol/approval.ts';
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
    ...(evidence
      ? [
          `  because: ${evidence.rule}`,
          `  ticket: ${evidence.ticket.number || evidence.ticket.sysId}, ${renderFields(evidence.ticket.fields)}`,
          `  seen by delegate ${evidence.delegateName} at ${renderTime(evidence.decidedAt)}, task ${evidence.taskId}`,
          `  ${evidence.ticket.link}`,
        ]
      : []),
    ...(failure ? renderFailure(failure).map((line) => `  ${line.replace(/^✗ /, '')}`) : []),
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
