import type { Route } from './task-record.ts';

/** A task that this manager has taken from its route's queue and must settle, defer, or lose. */
export interface Claim {
  readonly taskId: string;
  readonly route: Route;
}

/** One queue per route. The job of a task is active exactly while somebody holds its claim. */
export interface TaskQueue {
  /** Adds the task unless it is there already, and wakes every manager. */
  enqueue(route: Route, taskId: string, priority: number): Promise<void>;
  /** Takes the next task of the route; undefined when none waits. */
  claim(route: Route): Promise<Claim | undefined>;
  /** Ends the job: the outcome is recorded. */
  settle(claim: Claim): Promise<void>;
  /** Gives the job back, to be claimed by anyone from `untilMs` on (milliseconds since the epoch). */
  defer(claim: Claim, untilMs: number): Promise<void>;
  /** Removes the job of an ended task if nobody holds its claim; whoever holds it settles it. */
  discard(route: Route, taskId: string): Promise<void>;
  /** Every route that has been used lately, by any manager. */
  routes(): Promise<Route[]>;
  /** Makes jobs whose holder died claimable again, for the routes that this manager serves. */
  watch(route: Route): void;
}
