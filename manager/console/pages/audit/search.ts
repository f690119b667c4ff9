import type { paths } from '../../api/schema.d.ts';

type Query = NonNullable<paths['/api/v1/audit']['get']['parameters']['query']>;
export type AuditAction = NonNullable<Query['action']>;

/** Every action that the log knows, by the page's own words. */
const actionWords: Readonly<Record<AuditAction, string>> = {
  'secret.store': 'secret stored',
  'secret.delete': 'secret deleted',
  'secret.use': 'secret used',
  'connector.create': 'connector added',
  'connector.change': 'connector changed',
  'connector.delete': 'connector deleted',
  'connector.test': 'connector tested',
  'delegate.drain': 'delegate drained',
  'delegate.approve': 'delegate approved',
  'delegate.reject': 'delegate rejected',
  'delegate-token.create': 'delegate token made',
  'delegate-token.revoke': 'delegate token revoked',
  'api-token.create': 'API token made',
  'api-token.revoke': 'API token revoked',
  'task.cancel': 'task cancelled',
  'approval.start': 'approval started',
  'approval.cancel': 'approval cancelled',
  'delivery.retry': 'delivery tried again',
  'session.open': 'signed in to the console',
};

export const auditActions = Object.entries(actionWords).map(([value, label]) => ({ value, label }));

export function wordFor(action: AuditAction): string {
  return actionWords[action];
}

/** What the address of the page says: which entries. */
export interface AuditSearch {
  readonly action?: AuditAction;
  readonly actor?: string;
  readonly subject?: string;
}

export function readAuditSearch(search: Readonly<Record<string, unknown>>): AuditSearch {
  const action = (Object.keys(actionWords) as AuditAction[]).find((each) => each === search.action);
  const { actor, subject } = search;
  return {
    ...(action && { action }),
    ...(typeof actor === 'string' && actor !== '' && { actor }),
    ...(typeof subject === 'string' && subject !== '' && { subject }),
  };
}
