import { ApprovalView } from '#protocol/approval.ts';
import type { Api } from './api-client.ts';
import { renderWaiting } from './approval-text.ts';
import { renderTime } from './output.ts';
import { persist } from './persist.ts';

const longestWaitMs = 30_000;
const shortestWaitMs = 1_000;
/** A poll takes a moment to be done and stored. */
const pollMarginMs = 1_000;
/** CI systems end jobs that say nothing for long. */
const reassureMs = 300_000;
const graceMs = 600_000;

/** Waits until an approval has ended, and tells what it waits for whenever that changes. Outlives manager restarts. */
export async function waitForApproval(api: Api, id: string, onNews: (line: string) => void): Promise<ApprovalView> {
  const path = `/approvals/${encodeURIComponent(id)}`;
  let approval = await api.call(ApprovalView, 'GET', path);
  let told = '';
  let toldAt = 0;
  while (approval.state === 'waiting') {
    const news = renderWaiting(approval).join('\n');
    if (news !== told || Date.now() - toldAt > reassureMs) {
      onNews(`${news}\n  next poll ${renderTime(approval.nextPollAt)}`);
      told = news;
      toldAt = Date.now();
    }
    const waitMs = untilNextPoll(approval);
    const untilMs = Date.parse(approval.deadlineAt) + graceMs;
    approval = await persist(() => api.call(ApprovalView, 'GET', path, { query: { waitMs } }), untilMs, onNews);
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
