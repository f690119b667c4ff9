import type { Finding } from '#protocol/finding.ts';
import type { AssignmentKey } from '#protocol/messages.ts';
import type { Log } from './log.ts';
import type { TaskRecord } from './task-record.ts';
import type { Notices } from './waiters.ts';

/** What attempts that run have found so far. It is only to be looked at: it may be lost, and is gone some time after. */
export interface ProgressStore {
  /** Keeps the first few findings of an attempt. */
  add(key: AssignmentKey, finding: Finding): Promise<void>;
  /** In the order in which they were added. */
  read(key: AssignmentKey): Promise<Finding[]>;
}

interface Deps {
  readonly store: ProgressStore;
  readonly notices: Notices;
  readonly log: Log;
}

/** Keeps what delegates tell while a task runs, beside its record, and shows it with the record. */
export class TaskProgress {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Never rejects: that a finding is not shown before the end harms nothing. */
  async told(key: AssignmentKey, finding: Finding): Promise<void> {
    const { store, notices, log } = this.#deps;
    const { taskId, attempt } = key;
    try {
      await store.add({ taskId, attempt }, finding);
      notices.publish({ kind: 'task-changed', taskId });
    } catch (error) {
      log.warn({ err: error, taskId, attempt }, 'finding is not shown');
    }
  }

  /** Adds to a record what its newest attempt has found, while a delegate has it. */
  async lookAt(record: TaskRecord): Promise<TaskRecord> {
    if (!record.assignment) return record;
    const found = await this.#deps.store.read({ taskId: record.spec.id, attempt: record.assignment.attempt });
    return found.length === 0 ? record : { ...record, found };
  }
}
