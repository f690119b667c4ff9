import Type from 'typebox';
import type { Failure } from '#protocol/failure.ts';
import { Finding } from '#protocol/finding.ts';
import type { TaskView } from '#protocol/task.ts';
import { compileCheck } from '#protocol/validation.ts';
import type { Explanation } from './api-views.ts';
import { renderTime } from './output.ts';

/** A failure for a person: what happened, what to do, the stable code. */
export function renderFailure({ code, message, remedy }: Failure): string[] {
  return [`✗ ${message}`, `  remedy: ${remedy}`, `  code: ${code}`];
}

/** How a task ended, or how it stands. */
export function renderOutcome({ id, state, outcome }: TaskView): string[] {
  if (!outcome) return [`task ${id} is ${state}`];
  switch (outcome.kind) {
    case 'succeeded':
      return [`✓ task ${id} succeeded`];
    case 'cancelled':
      return [`✗ task ${id} was cancelled: ${outcome.reason}`];
    case 'failed':
    case 'expired':
      return renderFailure(outcome.failure);
  }
}

/** A task that did not succeed: why, and who tried. */
export function renderFailedTask(task: TaskView): string[] {
  const tried = [...new Set(task.attempts.map(({ delegateName }) => delegateName))];
  return [...renderOutcome(task), `  task: ${task.id}${tried.length > 0 ? `, tried by ${tried.join(', ')}` : ''}`];
}

/** A task with all of its attempts. */
export function renderTask(task: TaskView): string[] {
  return [
    `task      ${task.id}`,
    `type      ${task.type}`,
    `state     ${task.state}`,
    `selectors ${task.selectors.join(', ') || '-'}`,
    `created   ${renderTime(task.createdAt)}`,
    `ended     ${renderTime(task.endedAt)}`,
    `deadline  ${renderTime(task.deadlineAt)}`,
    ...(task.cancelAsked === undefined ? [] : [`cancelling ${task.cancelAsked}`]),
    ...task.attempts.flatMap(({ attempt, delegateName, assignedAt, outcome, notes = [] }) => [
      `attempt ${attempt} on ${delegateName}, ${renderTime(assignedAt)}: ${outcome?.kind ?? 'under way'}`,
      ...notes.map((note) => `  · ${note}`),
    ]),
    ...renderOutcome(task),
  ];
}

const marks: Readonly<Record<Finding['status'], string>> = { passed: '✓', warning: '!', failed: '✗', unknown: '?' };

/** Findings of a connection test, each with its remedy unless it passed. */
export function renderFindings(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ status, probe, message, remedy }) => [
    `${marks[status]} ${probe}: ${message}`,
    ...(remedy === undefined || status === 'passed' ? [] : [`    remedy: ${remedy}`]),
  ]);
}

const checkTestResult = compileCheck(Type.Object({ findings: Type.Array(Finding) }));

/** What a connection test found, as far as it came. */
export function findingsOf({ outcome }: TaskView): readonly Finding[] {
  const checked = outcome ? checkTestResult(foundBy(outcome)) : undefined;
  return checked && 'value' in checked ? checked.value.findings : [];
}

function foundBy(outcome: NonNullable<TaskView['outcome']>): unknown {
  switch (outcome.kind) {
    case 'succeeded':
      return outcome.result;
    case 'failed':
    case 'expired':
      return outcome.failure.partialResult;
    case 'cancelled':
      return undefined;
  }
}

/** What is known of a connection test that failed, besides its failure: what it found and saw until then, and who tried. */
export function renderFailedTest(task: TaskView): string[] {
  const findings = renderFindings(findingsOf(task)).map((line) => `  ${line}`);
  const last = task.attempts.at(-1);
  if (!last) return findings;
  return [...findings, `  tested by ${last.delegateName}`, ...(last.notes ?? []).map((note) => `  · ${note}`)];
}

/** Who could take a task, and why the others cannot; the summary names each delegate and each missing selector. */
export function renderExplanation({ summary, remedy, givesUpAt }: Explanation): string[] {
  return [
    summary,
    `  remedy: ${remedy}`,
    ...(givesUpAt === undefined ? [] : [`  it gives up at ${renderTime(givesUpAt)}`]),
  ];
}
