import { UsageError } from '#runtime/options.ts';
import { ApiError, InterruptedError, OperationError, UnreachableError } from './api-errors.ts';
import type { Problem } from './api-views.ts';
import { exitCodes } from './exit-codes.ts';
import { renderFailedTest } from './task-text.ts';

interface ErrorReport {
  readonly exitCode: number;
  /** For a person, on standard error. */
  readonly lines: readonly string[];
  /** For --json, on standard output: the same as data. */
  readonly document: { readonly error: Readonly<Record<string, unknown>> };
}

/** Tells what went wrong: what, where, what to do, and the stable code. Undefined for a fault of the command itself. */
export function reportError(error: unknown): ErrorReport | undefined {
  if (error instanceof ApiError) return reportProblem(error.problem);
  if (error instanceof UnreachableError)
    return report(exitCodes.unreachable.code, 'manager-unreachable', error.message, error.remedy);
  if (error instanceof OperationError)
    return report(exitCodes.failed.code, 'operation-failed', error.message, error.remedy);
  if (error instanceof InterruptedError)
    return {
      ...report(exitCodes.interrupted.code, 'interrupted', error.message, error.remedy),
      lines: [`… ${error.message}; ${error.remedy}`],
    };
  if (error instanceof UsageError) return report(exitCodes.usage.code, 'usage', error.message, error.remedy);
  return undefined;
}

function reportProblem(problem: Problem): ErrorReport {
  const { status, code, detail, remedy, faults = [], task } = problem;
  const isRefused = status === 401 || status === 403;
  const isWrongUsage = status === 400;
  const told = task ? renderFailedTest(task) : [];
  const isRemedyTold = told.some((line) => line.trim() === `remedy: ${remedy}`);
  const unsaid = faults.filter(({ message }) => !detail.includes(message));
  return {
    exitCode: isRefused ? exitCodes.notAllowed.code : isWrongUsage ? exitCodes.usage.code : exitCodes.failed.code,
    lines: [
      `✗ ${detail}`,
      ...unsaid.map(({ path, message }) => `  ${path}: ${message}`),
      ...told,
      ...(isRemedyTold ? [] : [`  remedy: ${remedy}`]),
      `  code: ${code}`,
    ],
    document: { error: problem },
  };
}

function report(exitCode: number, code: string, message: string, remedy: string | undefined): ErrorReport {
  return {
    exitCode,
    lines: [
      ...message.split('\n').map((line) => `✗ ${line}`),
      ...(remedy === undefined ? [] : [`  remedy: ${remedy}`]),
    ],
    document: { error: { code, detail: message, remedy } },
  };
}
