/** What the address of the page says: which entries. */
export const auditActions = [
  'secret.store',
  'secret.delete',
  'secret.use',
  'connector.create',
  'connector.change',
  'connector.delete',
  'connector.test',
  'delegate.drain',
  'delegate.approve',
  'delegate.reject',
  'delegate-token.create',
  'delegate-token.revoke',
  'api-token.create',
  'api-token.revoke',
  'task.cancel',
  'approval.start',
  'approval.cancel',
  'delivery.retry',
  'session.open',
] as const;

export interface AuditSearch {
  readonly action?: (typeof auditActions)[number];
  readonly actor?: string;
  readonly subject?: string;
}

export function readAuditSearch(search: Readonly<Record<string, unknown>>): AuditSearch {
  const action = auditActions.find((each) => each === search.action);
  const { actor, subject } = search;
  return {
    ...(action && { action }),
    ...(typeof actor === 'string' && actor !== '' && { actor }),
    ...(typeof subject === 'string' && subject !== '' && { subject }),
  };
}
