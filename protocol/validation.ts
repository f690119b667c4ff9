import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** One fault of a value: where, as a JSON pointer (`/params/table`), and what was expected there. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

export type Checked<T> = { readonly value: T } | { readonly faults: readonly Fault[] };

export type Check<T> = (value: unknown) => Checked<T>;

/** Compiles a schema into a check that tells every fault in words. Unknown properties pass unless the schema forbids them. */
export function compileCheck<Schema extends TSchema>(schema: Schema): Check<Static<Schema>> {
  const validator = Compile(schema);
  return (value) =>
    validator.Check(value)
      ? { value: value as Static<Schema> }
      : { faults: readFaults(validator.Errors(value) as SchemaError[]) };
}

/** Takes from a value that fits a schema what the schema does not name. */
export type Clean = (value: unknown) => unknown;

/**
 * Compiles a schema into a function that copies what it names. `Value.Clean` does the same anew for every value, and
 * takes a quarter of a second for a union that holds a long enumeration.
 */
export function compileClean(schema: TSchema): Clean {
  const { properties, items, anyOf } = schema as Partial<Parts>;
  if (properties) {
    const parts = Object.entries(properties).map(([name, part]) => [name, compileClean(part)] as const);
    return (value) => {
      const copy: Record<string, unknown> = {};
      for (const [name, clean] of parts) {
        const held = (value as Record<string, unknown>)[name];
        if (held !== undefined) copy[name] = clean(held);
      }
      return copy;
    };
  }
  if (items) {
    const clean = compileClean(items);
    return (value) => (value as unknown[]).map(clean);
  }
  if (anyOf) {
    const members = anyOf.map((member) => ({ fits: Compile(member), clean: compileClean(member) }));
    return (value) => members.find(({ fits }) => fits.Check(value))?.clean(value) ?? value;
  }
  return (value) => value;
}

interface Parts {
  readonly properties: Readonly<Record<string, TSchema>>;
  readonly items: TSchema;
  readonly anyOf: readonly TSchema[];
}

/** The same schema with every object closed: what HTTP bodies are held to, while the wire ignores what it does not know. */
export function closed<Schema extends TSchema>(schema: Schema): Schema {
  return close(schema) as Schema;
}

/** Writes faults in one line, for close reasons and messages. */
export function describeFaults(faults: readonly Fault[]): string {
  return faults.map(({ path, message }) => (path === '' ? message : `${path} ${message}`)).join('; ');
}

interface SchemaError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: Record<string, unknown>;
  readonly message: string;
}

const mostFaults = 20;

function readFaults(errors: readonly SchemaError[]): Fault[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ schemaPath }) => `${schemaPath}/anyOf`);
  const faults = errors
    .filter(({ schemaPath, keyword }) => keyword !== 'boolean' && !unions.some((union) => schemaPath.startsWith(union)))
    .map((error) => ({ path: error.instancePath, message: describe(error, errors) }));
  // TypeBox tells so few errors that many unknown properties leave none that sums them up.
  const told =
    faults.length > 0 ? faults : errors.map(({ instancePath }) => ({ path: instancePath, message: 'is unknown' }));
  return told.slice(0, mostFaults);
}

function describe(error: SchemaError, all: readonly SchemaError[]): string {
  const { params } = error;
  switch (error.keyword) {
    case 'required':
      return `lacks ${list(params.requiredProperties)}`;
    case 'additionalProperties':
      return `has unknown properties: ${list(params.additionalProperties)}`;
    case 'enum':
      return `must be one of ${list(params.allowedValues)}`;
    case 'const':
      return `must be ${JSON.stringify(params.allowedValue)}`;
    case 'anyOf':
      return `must have one of its forms (${describeForms(error, all)})`;
    default:
      return error.message;
  }
}

function describeForms(union: SchemaError, all: readonly SchemaError[]): string {
  const within = all.filter(({ schemaPath }) => schemaPath.startsWith(`${union.schemaPath}/anyOf`));
  const texts = within.filter(({ keyword }) => keyword !== 'boolean').map((error) => describe(error, []));
  return [...new Set(texts)].slice(0, 6).join(', or ');
}

function list(items: unknown): string {
  return Array.isArray(items) ? items.map(String).join(', ') : String(items);
}

function close(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(close);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema))
    copy[key] = key === 'enum' || key === 'const' ? value : close(value);
  if (copy.type === 'object' && 'properties' in copy && !('additionalProperties' in copy))
    copy.additionalProperties = false;
  return copy;
}
