import { ApprovalView } from '#protocol/approval.ts';
import type { Api } from './api-client.ts';
import type { ApprovalWatch } from './approval-watch.ts';
import { persist } from './persist.ts';

const longestWaitMs = 30_000;
const shortestWaitMs = 1_000;
/** A poll takes a moment to be done and stored. */
const pollMarginMs = 1_000;
const graceMs = 600_000;

/** Waits until an approval has ended, and tells what it waits for. Outlives manager restarts. */
export async function waitForApproval(
  api: Api,
  id: string,
  watch: ApprovalWatch,
  interrupted: AbortSignal,
): Promise<ApprovalView> {
  const path = `/approvals/${encodeURIComponent(id)}`;
  let approval = await api.call(ApprovalView, 'GET', path);
  while (approval.state === 'waiting' && !interrupted.aborted) {
    watch.seen(approval);
    const waitMs = untilNextPoll(approval);
    const untilMs = Date.parse(approval.deadlineAt) + graceMs;
    approval = await persist(() => api.call(ApprovalView, 'GET', path, { query: { waitMs } }), untilMs, watch.news);
  }
  return approval;
}

const firstReadingMs = 5_000;
const stepMs = 250;

/** Waits until a fresh approval has been polled once, or has ended, or a few seconds have passed. */
export async function waitForFirstPoll(api: Api, started: ApprovalView): Promise<ApprovalView> {
  const untilMs = Date.now() + firstReadingMs;
  let approval = started;
  while (approval.state === 'waiting' && approval.lastPolledAt === undefined && Date.now() < untilMs)
    approval = await api.call(ApprovalView, 'GET', `/approvals/${encodeURIComponent(started.id)}`, {
      query: { waitMs: stepMs },
    });
  return approval;
}

/** The manager answers early only at the end: asking again after each poll shows its news in time. */
function untilNextPoll({ nextPollAt }: ApprovalView): number {
  const dueMs = nextPollAt === undefined ? longestWaitMs : Date.parse(nextPollAt) - Date.now() + pollMarginMs;
  return Math.round(Math.min(longestWaitMs, Math.max(shortestWaitMs, dueMs)));
}
