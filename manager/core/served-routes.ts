import { taskTypes } from '#protocol/task-types.ts';
import type { Route } from './task-record.ts';

/** A route as a manager that serves it sees it. */
export interface ServedRoute {
  readonly route: Route;
  /** Counts the signs of work; a claim that found nothing is believed only if none came meanwhile. */
  signs: number;
  emptyAtSign: number;
  claiming: number;
  /** Parallel claims: doubled by each that finds a task, so that one task does not cause many vain ones. */
  width: number;
  cancelHeadStart: (() => void) | undefined;
  /** Of the wait until the instance may be asked again. */
  cancelHold: (() => void) | undefined;
  /** Others went first, and left what is waiting now. */
  hasLetOthersGo: boolean;
}

/** One in so many turns begins with another priority than the best, each in its turn: nothing starves. */
const turnsUntilOther = 8;

/** The routes that may hold work, in the order in which freed slots are offered to them. */
export class ServedRoutes {
  readonly #all = new Map<string, ServedRoute>();
  /** By priority; within one, whoever was served goes to the end. */
  readonly #ready = new Map<number, Set<ServedRoute>>();
  #turns = 0;

  get(routeId: string): ServedRoute | undefined {
    return this.#all.get(routeId);
  }

  /** Notes that a route may hold work. */
  sign(route: Route): ServedRoute {
    const served = this.#all.get(route.id) ?? this.#add(route);
    served.signs += 1;
    this.#queueOf(served).add(served);
    return served;
  }

  /** A claim that began at `sign` found nothing. */
  foundEmpty(served: ServedRoute, sign: number): void {
    served.emptyAtSign = Math.max(served.emptyAtSign, sign);
    served.width = 1;
    served.hasLetOthersGo = false;
    if (!this.mayHoldWork(served)) this.#queueOf(served).delete(served);
  }

  foundTask(served: ServedRoute, widest: number): void {
    served.width = Math.min(widest, served.width * 2);
    const queue = this.#queueOf(served);
    if (queue.delete(served)) queue.add(served);
  }

  /** Its instance has no place: what is claimed beside the next one would only be put back. */
  foundFull(routeId: string): void {
    const served = this.#all.get(routeId);
    if (served) served.width = 1;
  }

  mayHoldWork(served: ServedRoute): boolean {
    return served.emptyAtSign < served.signs;
  }

  /** Every route that may hold work: the better priority first, each in turn. */
  *inOrder(): Iterable<ServedRoute> {
    this.#turns += 1;
    const priorities = [...this.#ready.keys()].sort((a, b) => a - b);
    if (this.#turns % turnsUntilOther === 0 && priorities.length > 1) {
      const [other] = priorities.splice(1 + ((this.#turns / turnsUntilOther) % (priorities.length - 1)), 1);
      if (other !== undefined) priorities.unshift(other);
    }
    for (const priority of priorities) yield* [...(this.#ready.get(priority) ?? [])];
  }

  /** Forgets routes that are not used any more. */
  keepOnly(known: ReadonlySet<string>): void {
    for (const [id, served] of this.#all) {
      if (known.has(id) || served.claiming > 0) continue;
      cancelTimers(served);
      this.#queueOf(served).delete(served);
      this.#all.delete(id);
    }
  }

  /** Begins anew with a route of which a claim was never answered. */
  reset(route: Route): ServedRoute {
    const stale = this.#all.get(route.id);
    if (stale) {
      cancelTimers(stale);
      this.#queueOf(stale).delete(stale);
    }
    this.#all.delete(route.id);
    return this.sign(route);
  }

  close(): void {
    for (const served of this.#all.values()) cancelTimers(served);
  }

  #add(route: Route): ServedRoute {
    const served = {
      route,
      signs: 0,
      emptyAtSign: -1,
      claiming: 0,
      width: 1,
      cancelHeadStart: undefined,
      cancelHold: undefined,
      hasLetOthersGo: false,
    };
    this.#all.set(route.id, served);
    return served;
  }

  #queueOf({ route }: ServedRoute): Set<ServedRoute> {
    const { priority } = taskTypes[route.type];
    const queue = this.#ready.get(priority) ?? new Set();
    this.#ready.set(priority, queue);
    return queue;
  }
}

function cancelTimers(served: ServedRoute): void {
  served.cancelHeadStart?.();
  served.cancelHold?.();
}
