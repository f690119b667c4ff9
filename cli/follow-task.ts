import { TaskView } from '#protocol/task.ts';
import { formatDuration } from '#runtime/duration.ts';
import type { Api } from './api-client.ts';
import { Explanation } from './api-views.ts';
import { persist } from './persist.ts';
import { renderExplanation } from './task-text.ts';

/** How long a task may wait before its waiting is explained; most are done by then. */
export const patienceMs = 2_000;
const waitMs = 30_000;
const graceMs = 60_000;
/** CI systems end jobs that say nothing for long, and people wonder; less than one wait, so that each ends with news. */
const reassureMs = 25_000;

/** Waits for a task's end, and tells meanwhile what it waits for. Outlives a restart of the manager. */
export async function followTask(
  api: Api,
  submitted: TaskView,
  onNews: (line: string) => void,
  now: () => number = Date.now,
): Promise<TaskView> {
  const startedMs = now();
  let task = submitted;
  let told = '';
  let toldAtMs = startedMs;
  while (!task.outcome) {
    const [first = '', ...more] = await tell(api, task);
    const news = [first, ...more].join('\n');
    const isNew = news !== told;
    if (isNew || now() - toldAtMs >= reassureMs) {
      onNews(isNew ? news : `${first}, for ${formatDuration(wholeSeconds(now() - startedMs))} so far`);
      told = news;
      toldAtMs = now();
    }
    task = await persist(
      () => api.call(TaskView, 'GET', `/tasks/${encodeURIComponent(task.id)}`, { query: { waitMs } }),
      Date.parse(task.deadlineAt) + graceMs,
      onNews,
    );
  }
  return task;
}

async function tell(api: Api, { id, state, attempts }: TaskView): Promise<string[]> {
  const { delegateName, attempt, notes = [] } = attempts.at(-1) ?? {};
  if (state !== 'queued') {
    const by = delegateName === undefined ? '' : `, attempt ${attempt} by ${delegateName}`;
    return [`… task ${id} is ${state}${by}`, ...notes.map((note) => `  · ${note}`)];
  }
  const why = await api.call(Explanation, 'GET', `/tasks/${encodeURIComponent(id)}/why`).catch(() => undefined);
  const lines = why === undefined ? [] : renderExplanation(why);
  return [`… task ${id} waits for a delegate`, ...lines.map((line) => `  ${line}`)];
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
