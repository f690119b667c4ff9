import type { ServerResponse } from 'node:http';
import { type Fault, type FaultPlan, faultModes } from './faults.ts';

const none: Fault = { mode: 'none' };
const writeMethods: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export interface ArrivedRequest {
  readonly method: string;
  readonly path: string;
  readonly nowMs: number;
}

/** Keeps the fault that is switched on, counts its strikes, and owns every answer that it holds back. */
export class FaultControl {
  #fault: Fault = none;
  #closed = false;
  /** One function for each answer held back; calling it lets the answer go. */
  readonly #held = new Set<() => void>();

  get current(): Fault {
    return this.#fault;
  }

  /** Switches the fault and lets every held answer go. */
  set(fault: Fault): void {
    this.#fault = fault;
    this.#releaseAll();
  }

  /** Ends hibernation, after which the instance is slow at first; answers whether it hibernated. */
  wake(slowRequests: number, delayMs: number): boolean {
    if (this.#fault.mode !== 'hibernating') return false;
    this.set(slowRequests > 0 ? { mode: 'slow', remaining: slowRequests, delayMs } : none);
    return true;
  }

  /** Says what happens to this request, and counts it if the fault strikes it. */
  strike({ method, path, nowMs }: ArrivedRequest): FaultPlan {
    const fault = this.#fault;
    const mode = faultModes[fault.mode];
    const struck =
      (fault.method === undefined || fault.method === method) &&
      (fault.method !== undefined || !mode.writesOnly || writeMethods.has(method)) &&
      (fault.path === undefined || matchesPattern(path, fault.path)) &&
      (path !== '/' || mode.wholeInstance);
    if (!struck) return { kind: 'proceed' };
    if (fault.remaining !== undefined)
      this.#fault = fault.remaining > 1 ? { ...fault, remaining: fault.remaining - 1 } : none;
    return mode.plan(fault, { path, nowMs });
  }

  /** Waits until the time is over, the client goes away, the fault is set anew or the simulator closes. */
  hold(response: ServerResponse, limitMs?: number): Promise<void> {
    if (response.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const release = () => {
        clearTimeout(timer);
        response.off('close', release);
        this.#held.delete(release);
        resolve();
      };
      const timer = limitMs === undefined ? undefined : setTimeout(release, limitMs);
      response.on('close', release);
      this.#held.add(release);
    });
  }

  /** Whether the simulator is closing: what was held back is then never to be answered. */
  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.set(none);
  }

  #releaseAll(): void {
    for (const release of [...this.#held]) release();
  }
}

function matchesPattern(path: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('.*')).test(path);
}
