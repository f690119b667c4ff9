import type { Refused } from './answer.ts';
import type { Calls } from './calls.ts';
import { isOfTheWay } from './many-failures.ts';
import type { Asked } from './refusal.ts';
import { readField } from './row.ts';

/** The user name that ServiceNow writes into `sys_created_by` of what this task writes. */
export type OwnName =
  | { readonly kind: 'known'; readonly userName: string }
  | { readonly kind: 'untold'; readonly reason: string }
  | Refused;

/** Tells the own user name; asks the instance at most once when the log-in does not say it. */
export type TellOwnName = () => Promise<OwnName>;

export function createOwnName(calls: Calls): TellOwnName {
  const { authentication } = calls.context.target;
  let told: OwnName | undefined =
    'username' in authentication ? { kind: 'known', userName: authentication.username } : undefined;
  return async () => {
    if (told !== undefined) return told;
    const asked = await askForName(calls);
    // What a repetition may mend is asked again.
    if (asked.kind !== 'failed') told = asked;
    return asked;
  };
}

/** Tells whether `sys_created_by` names this user; undefined when the column or the own name is hidden. */
export function isOwn(author: string, own: string | undefined): boolean | undefined {
  return author === '' || own === undefined ? undefined : author.toLowerCase() === own.toLowerCase();
}

async function askForName(calls: Calls): Promise<OwnName> {
  const asked: Asked = { method: 'GET', subject: 'current_user', addressesRecord: false };
  const judged = await calls.readRecord(asked, 'api/now/ui/user/current_user');
  if (judged.kind === 'failed')
    return isOfTheWay(judged.failure) ? judged : { kind: 'untold', reason: judged.failure.message };
  const userName = readField(judged.value, 'user_name').value;
  return userName === ''
    ? { kind: 'untold', reason: 'the instance does not say who the user is' }
    : { kind: 'known', userName };
}
