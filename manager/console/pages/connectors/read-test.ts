import type { TestTask } from './api-shapes.ts';

export interface TestFinding {
  readonly probe: string;
  readonly status: 'passed' | 'warning' | 'failed' | 'unknown';
  readonly message: string;
  readonly remedy?: string;
}

export interface TestReading {
  readonly state: 'waiting' | 'running' | 'passed' | 'failed' | 'expired' | 'cancelled';
  readonly findings: readonly TestFinding[];
  readonly delegate: string | undefined;
  /** Why it did not pass, unless a finding says the same. */
  readonly because: { readonly message: string; readonly remedy?: string; readonly code?: string } | undefined;
}

/** What a connection test says: so far while it runs, in the end all. */
export function readTest(task: TestTask): TestReading {
  const { outcome, attempts } = task;
  const delegate = attempts.at(-1)?.delegateName;
  if (outcome === undefined) {
    const state = task.state === 'running' ? 'running' : 'waiting';
    return { state, findings: findingsIn(task.progress), delegate, because: undefined };
  }
  switch (outcome.kind) {
    case 'succeeded':
      return { state: 'passed', findings: findingsIn(outcome.result), delegate, because: undefined };
    case 'cancelled':
      return { state: 'cancelled', findings: [], delegate, because: { message: outcome.reason } };
    case 'failed':
    case 'expired': {
      const { failure } = outcome;
      const findings = findingsIn(failure.partialResult);
      const isTold = findings.some(({ status, message }) => status === 'failed' && message === failure.message);
      return { state: outcome.kind, findings, delegate, because: isTold ? undefined : failure };
    }
  }
}

/** The test of a connector that was not stored because of it. */
export function failedTestIn(problem: object): TestTask | undefined {
  const { code, task } = problem as { code?: unknown; task?: unknown };
  return code === 'connector-test-failed' && isTask(task) ? task : undefined;
}

function isTask(value: unknown): value is TestTask {
  return isObject(value) && typeof value.id === 'string' && Array.isArray(value.attempts);
}

function findingsIn(holder: unknown): TestFinding[] {
  return isObject(holder) && Array.isArray(holder.findings) ? holder.findings.filter(isFinding) : [];
}

function isFinding(value: unknown): value is TestFinding {
  return (
    isObject(value) &&
    typeof value.probe === 'string' &&
    typeof value.message === 'string' &&
    ['passed', 'warning', 'failed', 'unknown'].some((status) => status === value.status)
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
