import { parseDuration } from './duration.ts';

/**
 * One setting of a program. Its key in the table names it everywhere: `redisUrl` is the flag `--redis-url`, the
 * variable `TICKETGATE_REDIS_URL` and the key `redis-url` of the configuration file.
 */
export interface Option<T> {
  readonly kind: 'text' | 'integer' | 'flag' | 'list' | 'duration';
  readonly help: string;
  readonly placeholder: string;
  readonly fallback: T | undefined;
  readonly required: boolean;
  /** Never shown in help, logs or error messages. */
  readonly secret: boolean;
  /** Reads a value as it came from a flag, a variable or the file. A fault says what was expected. */
  parse(raw: unknown): { value: T } | { fault: string };
}

export type OptionTable = Readonly<Record<string, Option<unknown>>>;

export type Resolved<Table extends OptionTable> = {
  readonly [Key in keyof Table]: Table[Key] extends Option<infer T> ? T : never;
};

export interface OptionSources {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file: Readonly<Record<string, unknown>>;
}

/** Thrown when a value given by the user cannot be used; the message names every fault with its source and remedy. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** Where the message alone does not tell what to do. */
  readonly remedy: string | undefined;

  constructor(message: string, options: ErrorOptions & { readonly remedy?: string } = {}) {
    super(message, options);
    this.remedy = options.remedy;
  }
}

interface Described {
  readonly help: string;
  readonly placeholder?: string;
  readonly secret?: boolean;
}

type Text = Described & { readonly pattern?: RegExp; readonly expected?: string };

export const option = {
  text: (spec: Text & { readonly fallback: string }): Option<string> => text(spec, spec.fallback, false),
  requiredText: (spec: Text): Option<string> => text(spec, undefined, true) as Option<string>,
  optionalText: (spec: Text): Option<string | undefined> => text(spec, undefined, false) as Option<string | undefined>,
  integer: (spec: Described & { minimum: number; maximum: number; fallback: number }): Option<number> =>
    integer(spec, spec.fallback),
  optionalInteger: (spec: Described & { minimum: number; maximum: number }): Option<number | undefined> =>
    integer(spec, undefined) as Option<number | undefined>,
  flag: (spec: Described): Option<boolean> => ({
    ...common(spec, 'flag', '', false),
    parse: (raw) => {
      if (raw === true || raw === 'true' || raw === '1') return { value: true };
      if (raw === false || raw === 'false' || raw === '0' || raw === '') return { value: false };
      return { fault: 'expected true or false' };
    },
  }),
  /** One that is given holds something: an empty one comes from a variable of a script that was not set. */
  list: (spec: Text): Option<readonly string[]> => ({
    ...common<readonly string[]>(spec, 'list', 'a,b', []),
    parse: (raw) => {
      const expected = spec.expected ?? 'words separated by commas';
      const items = readItems(raw);
      if (!items || items.length === 0) return { fault: `expected ${expected}` };
      const unfit = items.some((item) => spec.pattern && !spec.pattern.test(item));
      return unfit ? { fault: `expected ${expected}` } : { value: items };
    },
  }),
  /** Undefined when not given; one that is given and empty means that there shall be none. */
  clearableList: (spec: Described): Option<readonly string[] | undefined> => ({
    ...common<readonly string[] | undefined>(spec, 'list', 'a,b', undefined),
    parse: (raw) => {
      const value = readItems(raw);
      return value ? { value } : { fault: 'expected words separated by commas' };
    },
  }),
  duration: (spec: Described & { minimumMs: number; maximumMs: number; fallbackMs: number }): Option<number> => ({
    ...common(spec, 'duration', '1h 30m', spec.fallbackMs),
    parse: (raw) => {
      const ms = typeof raw === 'string' ? parseDuration(raw) : undefined;
      if (ms === undefined) return { fault: 'expected a duration such as 90s, 10m or 1d 2h' };
      if (ms < spec.minimumMs || ms > spec.maximumMs)
        return { fault: `expected a duration from ${spec.minimumMs} ms to ${spec.maximumMs} ms` };
      return { value: ms };
    },
  }),
};

/** Takes each setting from the flag, else the variable, else the file, else its default. Throws UsageError. */
export function resolveOptions<Table extends OptionTable>(table: Table, sources: OptionSources): Resolved<Table> {
  const faults: string[] = [];
  const known = new Set(Object.keys(table).map(flagName));
  for (const key of Object.keys(sources.file))
    if (!known.has(key)) faults.push(`${key} in the configuration file: no such setting; see --help for the names`);
  const resolved: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(table)) {
    const found = findValue(key, sources);
    if (found === undefined) {
      if (spec.required)
        faults.push(`--${flagName(key)} is missing: give the flag, or set ${variableName(key)} (${spec.help})`);
      resolved[key] = spec.fallback;
      continue;
    }
    const read = spec.parse(found.raw);
    if ('value' in read) resolved[key] = read.value;
    else faults.push(`${found.source}: ${read.fault}${spec.secret ? '' : `, got ${JSON.stringify(found.raw)}`}`);
  }
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return resolved as Resolved<Table>;
}

/** `redisUrl` → `redis-url`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `redisUrl` → `TICKETGATE_REDIS_URL`. */
export function variableName(key: string): string {
  return `TICKETGATE_${flagName(key).replaceAll('-', '_').toUpperCase()}`;
}

function findValue(key: string, sources: OptionSources): { raw: unknown; source: string } | undefined {
  const flag = sources.flags[key];
  if (flag !== undefined) return { raw: flag, source: `--${flagName(key)}` };
  const variable = sources.env[variableName(key)];
  if (variable !== undefined && variable !== '') return { raw: variable, source: variableName(key) };
  const entry = sources.file[flagName(key)];
  if (entry !== undefined) return { raw: entry, source: `${flagName(key)} in the configuration file` };
  return undefined;
}

function common<T>(spec: Described, kind: Option<T>['kind'], placeholder: string, fallback: T) {
  return {
    kind,
    help: spec.help,
    placeholder: spec.placeholder ?? placeholder,
    fallback,
    required: false,
    secret: spec.secret ?? false,
  };
}

function text(spec: Text, fallback: string | undefined, required: boolean): Option<string> {
  return {
    ...common(spec, 'text', 'TEXT', fallback as string),
    required,
    parse: (raw) => {
      if (typeof raw !== 'string' || raw.trim() === '') return { fault: 'expected a text that is not empty' };
      if (spec.pattern && !spec.pattern.test(raw)) return { fault: `expected ${spec.expected ?? spec.pattern.source}` };
      return { value: raw };
    },
  };
}

function readItems(raw: unknown): readonly string[] | undefined {
  const items = Array.isArray(raw) ? raw : typeof raw === 'string' ? raw.split(',') : undefined;
  if (!items?.every((item) => typeof item === 'string')) return undefined;
  return items.map((item) => item.trim()).filter((item) => item !== '');
}

function integer(spec: Described & { minimum: number; maximum: number }, fallback: number | undefined): Option<number> {
  return {
    ...common(spec, 'integer', 'N', fallback as number),
    parse: (raw) => {
      const value = typeof raw === 'string' && /^-?\d+$/.test(raw) ? Number(raw) : raw;
      if (typeof value !== 'number' || !Number.isInteger(value) || value < spec.minimum || value > spec.maximum)
        return { fault: `expected a whole number from ${spec.minimum} to ${spec.maximum}` };
      return { value };
    },
  };
}
