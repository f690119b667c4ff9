import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { closed, compileCheck, describeFaults } from '#protocol/validation.ts';
import { Refusal } from '../core/refusal.ts';

interface ToValidate {
  readonly schema: unknown;
  readonly httpPart?: string;
}

/**
 * The validator of all routes: TypeBox, as on the wire, but unknown properties are refused here. Query and path
 * parameters are texts and are converted; bodies are taken as they are.
 */
export function compileValidator({
  schema,
  httpPart,
}: ToValidate): (value: unknown) => { value: unknown } | { error: Refusal } {
  const own = schema as TSchema;
  const isHeaders = httpPart === 'headers';
  const check = compileCheck(isHeaders ? own : closed(own));
  return (value) => {
    const converted = httpPart === 'body' ? value : Value.Convert(own, value);
    const checked = check(converted);
    if (!('faults' in checked)) return { value: checked.value };
    const where = httpPart === 'body' ? 'the body' : `the ${httpPart}`;
    return {
      error: new Refusal(
        'invalid-request',
        `${where} is not as it must be: ${describeFaults(checked.faults)}`,
        'Correct what the faults name; /api/v1/openapi.json describes every request.',
        { faults: checked.faults },
      ),
    };
  };
}
