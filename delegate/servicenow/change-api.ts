import type { Calls, Written } from './calls.ts';
import { noteLine } from './handler-result.ts';
import { tellsNoSuchPath } from './refusal.ts';
import { postRecord } from './table-api.ts';

type Body = Readonly<Record<string, string>>;

/** Creates a normal or emergency change by the Change API; by the Table API where an instance lacks it. */
export async function postChange(calls: Calls, type: 'normal' | 'emergency', body: Body): Promise<Written> {
  const subject = `the Change API for ${type} changes`;
  const written = await calls.write({ method: 'POST', subject, addressesRecord: false }, `${changePath}/${type}`, body);
  if (!isAbsent(written)) return written;
  noteLine(calls.context, 'the instance has no Change API: the change is created by the Table API');
  return postRecord(calls, 'change_request', body);
}

/** Creates a standard change of the template whose record producer has this sys_id. */
export async function postStandardChange(calls: Calls, producerId: string, body: Body): Promise<Written> {
  const subject = 'the Change API for standard changes';
  const path = `${changePath}/standard/${encodeURIComponent(producerId)}`;
  const written = await calls.write({ method: 'POST', subject, addressesRecord: false }, path, body);
  const { judged } = written;
  if (judged.kind === 'ok' || !isAbsent(written)) return written;
  const remedy =
    'Standard changes are created by the Change Management API alone: activate it on the instance (its paths begin with api/sn_chg_rest/), or create a normal change.';
  return { ...written, judged: { ...judged, failure: { ...judged.failure, remedy } } };
}

const changePath = 'api/sn_chg_rest/change';

function isAbsent({ judged }: Written): boolean {
  return judged.kind === 'failed' && tellsNoSuchPath(judged.failure);
}
