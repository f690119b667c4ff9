import createClient from 'openapi-fetch';
import type { paths } from './schema.d.ts';

/** The HTTP API, typed by its own description. The cookie of the sign-in goes with each request. */
export const api = createClient<paths>({ baseUrl: '/' });

export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** What the manager answers where it does not do what was asked (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title?: string;
  readonly detail: string;
  readonly remedy?: string;
  readonly faults?: readonly Fault[];
}

export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** The manager was not reached at all. */
export class Unreachable extends Error {}

interface Answer<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** The data of an answer. Throws ApiError for a problem document, Unreachable where nothing of a manager answered. */
export async function dataOf<Data>(asked: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await asked.catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new Unreachable('the manager does not answer', { cause });
  });
  if (response.ok) return data as Data;
  if (isProblem(error)) throw new ApiError(error);
  throw new Unreachable(`something in between answered HTTP ${response.status}`);
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'detail' in value && 'status' in value;
}
