import type { Calls, Written } from './calls.ts';
import { noteLine } from './handler-result.ts';
import { postRecord } from './table-api.ts';

type Body = Readonly<Record<string, string>>;
/** Looks whether no record with the task's correlation id is there, which is asked before anything is sent once more. */
export type ProveAbsence = () => Promise<boolean>;

/** Creates a normal or emergency change by the Change API; by the Table API where an instance lacks it. */
export async function postChange(
  calls: Calls,
  type: 'normal' | 'emergency',
  body: Body,
  isAbsent: ProveAbsence,
): Promise<Written> {
  const written = await post(calls, type, `${type} changes`, body, isAbsent);
  const { judged } = written;
  if (judged.kind === 'ok' || judged.noSuchPath !== true) return written;
  if (!(await isAbsent())) return { ...written, judged: { ...judged, landed: 'unlikely' } };
  noteLine(calls.context, 'the instance has no Change API: the change is created by the Table API');
  return postRecord(calls, 'change_request', body, isAbsent);
}

/** Creates a standard change of the template whose record producer has this sys_id. */
export async function postStandardChange(
  calls: Calls,
  producerId: string,
  body: Body,
  isAbsent: ProveAbsence,
): Promise<Written> {
  const path = `standard/${encodeURIComponent(producerId)}`;
  const written = await post(calls, path, 'standard changes', body, isAbsent);
  const { judged } = written;
  if (judged.kind === 'ok' || judged.noSuchPath !== true) return written;
  const remedy =
    'Standard changes are created by the Change Management API alone: activate it on the instance (its paths begin with api/sn_chg_rest/), or create a normal change.';
  return { ...written, judged: { ...judged, failure: { ...judged.failure, remedy } } };
}

function post(calls: Calls, path: string, what: string, body: Body, isAbsent: ProveAbsence): Promise<Written> {
  const asked = { method: 'POST', subject: `the Change API for ${what}`, addressesRecord: false } as const;
  return calls.write(asked, `api/sn_chg_rest/change/${path}`, body, { mayRepeat: isAbsent });
}
