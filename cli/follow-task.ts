import { TaskView } from '#protocol/task.ts';
import type { Api } from './api-client.ts';
import { Explanation } from './api-views.ts';
import { persist } from './persist.ts';
import { renderExplanation } from './task-text.ts';

/** How long a task may wait before its waiting is explained; most are done by then. */
export const patienceMs = 2_000;
const waitMs = 30_000;
const graceMs = 60_000;

/** Waits for a task's end, and tells meanwhile what it waits for. Outlives a restart of the manager. */
export async function followTask(api: Api, submitted: TaskView, onNews: (line: string) => void): Promise<TaskView> {
  let task = submitted;
  let told = '';
  while (!task.outcome) {
    const news = await tell(api, task);
    if (news !== told) onNews(news);
    told = news;
    task = await persist(
      () => api.call(TaskView, 'GET', `/tasks/${encodeURIComponent(task.id)}`, { query: { waitMs } }),
      Date.parse(task.deadlineAt) + graceMs,
      onNews,
    );
  }
  return task;
}

async function tell(api: Api, { id, state, attempts }: TaskView): Promise<string> {
  const delegate = attempts.at(-1)?.delegateName;
  if (state !== 'queued') return `… task ${id} is ${state}${delegate === undefined ? '' : ` by ${delegate}`}`;
  const why = await api.call(Explanation, 'GET', `/tasks/${encodeURIComponent(id)}/why`).catch(() => undefined);
  const lines = why === undefined ? [] : renderExplanation(why);
  return [`… task ${id} waits for a delegate`, ...lines.map((line) => `  ${line}`)].join('\n');
}
