import type { Problem } from './api-views.ts';

/** Thrown when the manager refuses: holds its problem document. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Thrown when no manager answered. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly remedy: string;
  /** Whether the request may have reached the manager all the same. */
  readonly maybeSent: boolean;

  constructor(message: string, remedy: string, maybeSent: boolean) {
    super(message);
    this.remedy = remedy;
    this.maybeSent = maybeSent;
  }
}

/** Thrown when what the user asked for was tried and failed, for a reason that is no refusal of the API. */
export class OperationError extends Error {
  override readonly name = 'OperationError';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** Thrown when the user ended the waiting; what was waited for goes on. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}
