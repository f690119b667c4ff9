import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';

/** Refuses a request to the simulator itself; the message is for the person who sent it. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly status: number;
  /** The field of the body that is at fault. */
  readonly field: string | undefined;

  constructor(status: number, message: string, field?: string) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

/** Checks a body against its schema. Throws a ControlError that names the first field at fault. */
export function checkInput<Schema extends TSchema>(schema: Schema, input: unknown): Static<Schema> {
  if (Value.Check(schema, input)) return input;
  const [fault] = Value.Errors(schema, input);
  if (fault === undefined) throw new ControlError(400, 'the body does not fit');
  const field = fieldOf(fault);
  const expected = describe(fault);
  throw new ControlError(400, field === '' ? `the body: ${expected}` : `${field}: ${expected}`, field || undefined);
}

/** A form's fields as the JSON body that they stand for: empty ones are left out, digits become numbers. */
export function fromForm(form: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(form)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, /^-?\d+$/.test(value) ? Number(value) : value]),
  );
}

type Fault = ReturnType<typeof Value.Errors>[number];

function fieldOf(fault: Fault): string {
  if (fault.keyword === 'required') return String(fault.params.requiredProperties[0] ?? '');
  return fault.instancePath.slice(1).replaceAll('/', '.');
}

function describe(fault: Fault): string {
  switch (fault.keyword) {
    case 'required':
      return 'is missing';
    case 'boolean':
    case 'additionalProperties':
      return 'there is no such field';
    case 'enum':
      return `must be one of ${fault.params.allowedValues.join(', ')}`;
    default:
      return fault.message;
  }
}
