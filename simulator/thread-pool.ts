import type { ServerResponse } from 'node:http';

export interface PoolLimits {
  /** How many requests are worked on at once; 0 knows no limit. */
  readonly threads: number;
  /** How many more may wait. */
  readonly queue: number;
}

/** The semaphore of an instance: a request holds a thread until its answer is sent or its socket is gone. */
export class ThreadPool {
  #busy = 0;
  readonly #waiting: (() => void)[] = [];

  /** Answers whether the request got a thread; it did not when the queue was full or the client went away. */
  async enter({ threads, queue }: PoolLimits, response: ServerResponse): Promise<boolean> {
    if (threads > 0 && this.#busy >= threads) {
      if (this.#waiting.length >= queue) return false;
      if (!(await this.#wait(response))) return false;
      if (response.destroyed) {
        this.#waiting.shift()?.();
        return false;
      }
    }
    this.#busy += 1;
    response.once('close', () => {
      this.#busy -= 1;
      this.#waiting.shift()?.();
    });
    return true;
  }

  /** Answers true when a thread is free, and false when the client went away first. */
  #wait(response: ServerResponse): Promise<boolean> {
    return new Promise((resolve) => {
      const go = () => {
        response.off('close', giveUp);
        resolve(true);
      };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        resolve(false);
      };
      this.#waiting.push(go);
      response.once('close', giveUp);
    });
  }
}
