import { setTimeout } from 'node:timers/promises';

/** A manager that may be asked, or may be dead. */
export interface Endpoint {
  readonly name: string;
  readonly url: string | undefined;
}

export type Answer =
  | { readonly kind: 'answer'; readonly manager: string; readonly status: number; readonly body: unknown }
  /** Whether the request was carried out is not known. */
  | { readonly kind: 'none'; readonly manager: string; readonly reason: string };

export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Beyond what the request asks the manager to wait. */
  readonly withinMs?: number;
}

const answerWithinMs = 4_000;
const retryMs = 60;

/** The HTTP API of several managers, as a caller without a load balancer uses it. */
export class ManagerClient {
  readonly #endpoints: readonly Endpoint[];
  readonly #token: string;

  constructor(endpoints: readonly Endpoint[], token: string) {
    this.#endpoints = endpoints;
    this.#token = token;
  }

  /** Asks one manager once. */
  async askOnce(index: number, ask: Ask): Promise<Answer> {
    const { name, url } = this.#endpoints[index % this.#endpoints.length] ?? { name: 'none', url: undefined };
    if (url === undefined) return { kind: 'none', manager: name, reason: 'not running' };
    try {
      const response = await fetch(`${url}${ask.path}`, {
        method: ask.method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...ask.headers,
        },
        ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
        signal: AbortSignal.timeout(ask.withinMs ?? answerWithinMs),
      });
      const text = await response.text();
      return {
        kind: 'answer',
        manager: name,
        status: response.status,
        body: text === '' ? undefined : JSON.parse(text),
      };
    } catch (error) {
      return { kind: 'none', manager: name, reason: describe(error) };
    }
  }

  /** Asks one manager after the other until one answers with less than 500. */
  async insist(
    first: number,
    ask: Ask,
    untilMs: number,
    onAnswer: (answer: Answer) => void = () => {},
  ): Promise<Answer> {
    for (let index = first; ; index += 1) {
      const answer = await this.askOnce(index, ask);
      onAnswer(answer);
      if (answer.kind === 'answer' && answer.status < 500) return answer;
      if (performance.now() >= untilMs) return answer;
      await setTimeout(retryMs);
    }
  }

  /** The body of an answer that must come and must be good. */
  async get(path: string, withinMs: number): Promise<unknown> {
    return this.must({ method: 'GET', path }, withinMs);
  }

  async must(ask: Ask, withinMs: number): Promise<unknown> {
    const answer = await this.insist(0, ask, performance.now() + withinMs);
    if (answer.kind === 'answer' && answer.status < 300) return answer.body;
    throw new Error(`${ask.method} ${ask.path}: ${JSON.stringify(answer)}`);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : `${error.name}: ${error.message}`;
}
