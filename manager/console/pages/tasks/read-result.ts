import type { FieldValue } from '../../parts/field-values.tsx';
import type { Finding } from '../../parts/findings.tsx';

export interface ShownTicket {
  readonly table: string;
  readonly number: string;
  readonly sysId: string;
  readonly link: string;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

/** What of a result has a shape of its own to be shown in: findings of a test, and tickets. The rest is shown as it is. */
export function readResult(result: unknown): { findings: readonly Finding[]; tickets: readonly ShownTicket[] } {
  if (!isObject(result)) return { findings: [], tickets: [] };
  const { findings, ticket, tickets } = result;
  return {
    findings: Array.isArray(findings) ? findings.filter(isFinding) : [],
    tickets: [ticket, ...(Array.isArray(tickets) ? tickets : [])].filter(isTicket),
  };
}

function isFinding(value: unknown): value is Finding {
  return isObject(value) && typeof value.probe === 'string' && typeof value.message === 'string';
}

function isTicket(value: unknown): value is ShownTicket {
  return (
    isObject(value) &&
    typeof value.sysId === 'string' &&
    typeof value.table === 'string' &&
    typeof value.link === 'string' &&
    /^https?:/.test(value.link) &&
    isObject(value.fields)
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
