import type { ApprovalView } from '#protocol/approval.ts';
import { formatDuration } from '#runtime/duration.ts';
import { renderWaiting, summarizeWaiting } from './approval-text.ts';
import type { LiveLine } from './live-line.ts';

/** Is told what an approval waits for, as often as it is known anew. */
export interface ApprovalWatch {
  seen(approval: ApprovalView): void;
  /** Something to be read besides, such as that the manager is away. */
  news(line: string): void;
  close(): void;
}

/** CI systems end jobs that say nothing for long. */
const reassureMs = 300_000;

/** For a log: lines when something is new, and one now and then that says that it still waits. */
export function watchInLog(onNews: (line: string) => void, now: () => number = Date.now): ApprovalWatch {
  const startedMs = now();
  let told = '';
  let toldAtMs = 0;
  return {
    seen: (approval) => {
      const news = renderWaiting(approval).join('\n');
      const isNew = news !== told;
      if (!isNew && now() - toldAtMs < reassureMs) return;
      onNews(isNew ? news : `${summarizeWaiting(approval)}, for ${inSeconds(now() - startedMs)} so far`);
      told = news;
      toldAtMs = now();
    },
    news: onNews,
    close: () => {},
  };
}

/** For a terminal: one line that counts, and the lines of a log when something is new. */
export function watchOnTerminal(line: LiveLine, onNews: (line: string) => void): ApprovalWatch {
  const startedMs = Date.now();
  let present: ApprovalView | undefined;
  let told = '';
  const show = () => {
    if (!present) return;
    const nextMs = Date.parse(present.nextPollAt ?? '') - Date.now();
    const next = nextMs > 0 ? `next poll in ${inSeconds(nextMs)}` : 'polling';
    line.show(`⧗ ${inSeconds(Date.now() - startedMs)}  ${next}  ${summarizeWaiting(present)}`);
  };
  const timer = setInterval(show, 1_000);
  const print = (text: string) => {
    line.clear();
    onNews(text);
    show();
  };
  return {
    seen: (approval) => {
      present = approval;
      const news = renderWaiting(approval).join('\n');
      if (news !== told) print(news);
      else show();
      told = news;
    },
    news: print,
    close: () => {
      clearInterval(timer);
      line.clear();
    },
  };
}

function inSeconds(ms: number): string {
  return formatDuration(Math.max(0, Math.round(ms / 1_000)) * 1_000);
}
