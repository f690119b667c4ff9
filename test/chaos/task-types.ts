import { isTaskType, taskTypes } from '#protocol/task-types.ts';
import { create } from '../../manager/redis/task-scripts.ts';
import { textAt } from './trip-wires.ts';

/** Which type each task has, read from what managers write: reports and assignments name the task alone. */
export type TaskTypes = Map<string, string>;

const marked = Buffer.from(create.sha);

/** Learns from bytes that a manager sends to Redis. */
export function learnTypes(types: TaskTypes, chunk: Buffer): void {
  for (let at = chunk.indexOf(marked); at >= 0; at = chunk.indexOf(marked, at + 1)) {
    const [, id, type] = /"id":"(tsk_\w+)","type":"([\w.-]+)"/.exec(textAt(chunk, at)) ?? [];
    if (id !== undefined && type !== undefined) types.set(id, type);
  }
}

/** Whether the first task that a text names is one that writes to ServiceNow. */
export function isOurs(text: string, types: TaskTypes): boolean {
  const type = typeIn(text, types);
  return type !== undefined && writes(type);
}

/** The type of the first task that a text names; undefined when it is not known. */
export function typeIn(text: string, types: TaskTypes): string | undefined {
  const [id] = /tsk_\w+/.exec(text) ?? [];
  return id === undefined ? undefined : types.get(id);
}

export function writes(type: string): boolean {
  return isTaskType(type) && taskTypes[type].sideEffect;
}
