import { readFileSync } from 'node:fs';
import type { Api } from '../api-client.ts';
import { CreatedToken, Nothing } from '../api-views.ts';
import type { ValueFrom } from './declaration.ts';
import type { Plan, PlanRefusal, Step } from './plan.ts';

/** The values of secrets that a plan writes, by the secret's name. */
export type SecretValues = ReadonlyMap<string, string>;

type Env = Readonly<Record<string, string | undefined>>;

/** Reads all values that the steps need, before anything is changed; a value is never in what is told. */
export function readSecretValues(
  { steps }: Plan,
  env: Env,
): { readonly values: SecretValues } | { readonly refusals: readonly PlanRefusal[] } {
  const values = new Map<string, string>();
  const refusals: PlanRefusal[] = [];
  for (const step of steps) {
    if (step.kind !== 'secret' || step.valueFrom === undefined) continue;
    const read = readValue(step.valueFrom, env);
    if ('value' in read) values.set(step.name, read.value);
    else {
      const message = `the value of secret "${step.name}" cannot be had: ${read.fault}`;
      refusals.push({ at: step.at, message, remedy: 'Correct valueFrom, or provide what it names, and run it again.' });
    }
  }
  return refusals.length > 0 ? { refusals } : { values };
}

function readValue(valueFrom: ValueFrom, env: Env): { readonly value: string } | { readonly fault: string } {
  if ('env' in valueFrom) {
    const value = env[valueFrom.env];
    return value ? { value } : { fault: `the variable ${valueFrom.env} is ${value === '' ? 'empty' : 'not set'}` };
  }
  try {
    const value = readFileSync(valueFrom.file, 'utf8').replace(/\r?\n$/, '');
    return value === '' ? { fault: `the file ${valueFrom.file} is empty` } : { value };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

/** Does one step. Answers with the text of a token that it made, which is shown this once. */
export async function performStep(api: Api, step: Step, values: SecretValues): Promise<string | undefined> {
  switch (step.kind) {
    case 'secret': {
      const body = { value: values.get(step.name), scope: step.scope };
      await api.call(Nothing, 'PUT', `/secrets/${encodeURIComponent(step.name)}`, { body });
      return undefined;
    }
    case 'connector': {
      const sent = { query: step.skipValidation ? { skipValidation: true } : {}, body: step.body };
      if (step.action === 'create') await api.call(Nothing, 'POST', '/connectors', sent);
      else await api.call(Nothing, 'PUT', `/connectors/${encodeURIComponent(step.name)}`, sent);
      return undefined;
    }
    case 'api-token':
      return (await api.call(CreatedToken, 'POST', '/api-tokens', { body: step.body })).token;
    case 'delegate-token':
      return (await api.call(CreatedToken, 'POST', '/delegate-tokens', { body: step.body })).token;
  }
}
