import type { Route } from './task-record.ts';

/** A waiting task that this manager has taken from its route's queue, for the moment that it takes to place it. */
export interface Claim {
  readonly taskId: string;
  /** Which attempt it waits to begin: a job of an earlier one is left over. */
  readonly attempt: number;
  readonly route: Route;
}

/** One queue per route. A job stands for a task that waits: whoever has placed it ends the job. */
export interface TaskQueue {
  /** Adds the task unless it is there already, to be claimed from `notBefore` on (0: at once), and tells every manager. */
  enqueue(route: Route, taskId: string, attempt: number, notBefore: number): Promise<void>;
  /** Takes the next task of the route; undefined when none waits. */
  claim(route: Route): Promise<Claim | undefined>;
  /** Ends the job: the task is assigned, or has ended. */
  done(claim: Claim): Promise<void>;
  /** Gives the job back, to be claimed by anyone from `untilMs` on (milliseconds since the epoch). */
  putBack(claim: Claim, untilMs: number): Promise<void>;
  /** Removes the job of a waiting task that has ended. */
  discard(route: Route, taskId: string, attempt: number): Promise<void>;
  /** Every route that holds work, of any manager: waiting, due later, or claimed. */
  busyRoutes(): Promise<Route[]>;
  /** Makes jobs claimable again whose holder died. */
  recover(route: Route): Promise<void>;
  /** Forgets routes that have held nothing for a minute, with all of their keys. */
  forgetIdle(): Promise<void>;
  /** Makes the queue of a route anew on this manager's side, after it answered nothing. */
  rebuild(route: Route): void;
}
