import { endOf } from './gates/gate.ts';
import type { GateSnapshot } from './gates/gate-snapshot.ts';
import { hasEnded, isUnclaimed, shown, taskIdsOf } from './outcome-of.ts';
import type { Snapshot } from './snapshot.ts';

/** What later runs in the same world must find as it was. */
export class Ledger {
  /** As JSON, by task. */
  readonly outcomes = new Map<string, string>();
  /** Tasks that nobody was told of and that nobody took: when each must have ended, in milliseconds since the epoch. */
  readonly unclaimed = new Map<string, number>();

  /** How gates ended, as JSON, by approval. */
  readonly gateEnds = new Map<string, string>();

  addGates({ shown }: GateSnapshot): void {
    for (const { view } of shown) {
      const end = endOf(view);
      if (end !== undefined) this.gateEnds.set(view.id, end);
    }
  }

  add(snapshot: Snapshot): void {
    for (const task of snapshot.tasks) {
      if (!hasEnded(task)) continue;
      this.outcomes.set(task.id, JSON.stringify(task.outcome));
      this.unclaimed.delete(task.id);
    }
    for (const operation of snapshot.operations)
      for (const id of taskIdsOf(operation, snapshot)) {
        const task = shown(id, snapshot);
        if (task && isUnclaimed(task, operation)) this.unclaimed.set(id, Date.parse(task.pickUpBy) + sweptWithinMs);
      }
  }
}

const sweptWithinMs = 5_000;
