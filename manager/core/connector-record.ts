import { type Authentication, type SecretRef, secretsOf } from '#protocol/authentication.ts';
import type { UsageScope } from '#protocol/scope.ts';
import type { TaskView } from '#protocol/task.ts';
import { isoTime } from './task-record.ts';
import type { TaskOrigin } from './tasks.ts';

/** What an administrator fills in. */
export interface ConnectorDraft {
  readonly name: string;
  readonly type: 'servicenow';
  readonly baseUrl: string;
  readonly authentication: Authentication<SecretRef>;
  readonly selectors: readonly string[];
}

export interface ConnectorDocument extends ConnectorDraft {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The last test that was recorded: the whole task, with its findings and its delegate. */
  readonly lastTest?: TaskView;
  /** Since when every test has ended like the last one: succeeded, or not. */
  readonly testedSince?: number;
}

export interface ConnectorView extends Omit<ConnectorDraft, 'selectors'> {
  readonly id: string;
  readonly selectors: string[];
  /** That of its secret, and the narrower one of two; absent when there is none. */
  readonly scope?: UsageScope;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly lastTest?: TaskView;
  readonly testedSince?: string;
}

/** The connector with a newer test. */
export function withTest(document: ConnectorDocument, lastTest: TaskView): ConnectorDocument {
  const { lastTest: before, testedSince } = document;
  const isSame = before !== undefined && hasPassed(before) === hasPassed(lastTest);
  return { ...document, lastTest, testedSince: isSame ? (testedSince ?? endOf(before)) : endOf(lastTest) };
}

/** Tells whether something that logs in, a connector or a task's target, does it with a secret. */
export function usesSecret(
  holder: { readonly authentication: Authentication<SecretRef> } | undefined,
  name: string,
): boolean {
  return holder !== undefined && secretsOf(holder.authentication).some(({ secret }) => secret.secret === name);
}

/** What a task needs of a connector. */
export function originOf({ id, baseUrl, authentication, selectors }: ConnectorDraft & { id: string }): TaskOrigin {
  return { connectorId: id, target: { baseUrl, authentication }, selectors };
}

export function viewConnector(document: ConnectorDocument, scope: UsageScope | undefined): ConnectorView {
  const { createdAt, updatedAt, testedSince, selectors, ...rest } = document;
  return {
    ...rest,
    selectors: [...selectors],
    ...(scope === undefined ? {} : { scope }),
    createdAt: isoTime(createdAt),
    updatedAt: isoTime(updatedAt),
    ...(testedSince === undefined ? {} : { testedSince: isoTime(testedSince) }),
  };
}

function hasPassed({ outcome }: TaskView): boolean {
  return outcome?.kind === 'succeeded';
}

function endOf({ createdAt, endedAt }: TaskView): number {
  return Date.parse(endedAt ?? createdAt);
}
