import type { TSchema } from 'typebox';
import { type Authentication, authenticationOf, SecretRef } from '#protocol/authentication.ts';
import { type Check, closed, compileCheck, type Fault } from '#protocol/validation.ts';
import { Refusal } from '../core/refusal.ts';

export const ConnectorAuthentication = authenticationOf(SecretRef);

interface Form {
  readonly required: readonly string[];
  readonly checks: ReadonlyMap<string, Check<unknown>>;
}

const forms: ReadonlyMap<unknown, Form> = new Map(
  ConnectorAuthentication.anyOf.map((member) => [
    member.properties.kind.const,
    {
      required: member.required ?? [],
      checks: new Map(
        Object.entries<TSchema>(member.properties).map(([name, schema]) => [name, compileCheck(closed(schema))]),
      ),
    },
  ]),
);

/** Reads how a connector logs in; what is wrong is told by the form of the kind that was named, and of no other. */
export function readAuthentication(value: unknown): Authentication<SecretRef> {
  const faults = findFaults(value);
  if (faults.length === 0) return value as Authentication<SecretRef>;
  throw new Refusal(
    'invalid-request',
    `the body is not as it must be: ${faults.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
    'Correct what the faults name; docs/administrators.md lists what each kind of authentication needs.',
    { faults },
  );
}

const root = '/authentication';

function findFaults(value: unknown): Fault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ path: root, message: 'must be an object with a kind' }];
  const given = new Map<string, unknown>(Object.entries(value));
  const form = forms.get(given.get('kind'));
  if (!form) return [{ path: `${root}/kind`, message: `must be one of ${[...forms.keys()].join(', ')}` }];
  const missing = form.required.filter((name) => !given.has(name));
  return [
    ...missing.map((name) => ({ path: `${root}/${name}`, message: 'is missing' })),
    ...[...given].flatMap(([name, held]) => faultsOf(form.checks.get(name), `${root}/${name}`, held)),
  ];
}

function faultsOf(check: Check<unknown> | undefined, path: string, value: unknown): Fault[] {
  if (!check) return [{ path, message: 'does not belong to this kind of authentication' }];
  const checked = check(value);
  return 'value' in checked ? [] : checked.faults.map((fault) => ({ ...fault, path: `${path}${fault.path}` }));
}
