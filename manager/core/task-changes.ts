import { mostIds } from './changes.ts';
import type { Clock } from './clock.ts';
import { isListed, type TaskSpec } from './task-record.ts';
import type { Notices } from './waiters.ts';

interface Deps {
  readonly notices: Pick<Notices, 'publish'>;
  readonly clock: Clock;
}

/** Thousands of tasks may change in a second: one notice tells of all. */
const togetherMs = 250;

/** Tells those who look that tasks have changed: of the tasks that are listed, and of any number at once. */
export class TaskChanges {
  readonly #deps: Deps;
  readonly #ids = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  note(spec: TaskSpec): void {
    if (!isListed(spec)) return;
    if (this.#ids.size <= mostIds) this.#ids.add(spec.id);
    this.#cancel ??= this.#deps.clock.setTimer(togetherMs, () => this.#tell());
  }

  close(): void {
    this.#cancel?.();
  }

  #tell(): void {
    this.#cancel = undefined;
    const taskIds = this.#ids.size > mostIds ? {} : { taskIds: [...this.#ids] };
    this.#ids.clear();
    this.#deps.notices.publish({ kind: 'tasks-changed', ...taskIds });
  }
}
