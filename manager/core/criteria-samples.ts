import { type Condition, type Conditions, comparisons } from '#protocol/criteria.ts';
import type { FieldValue } from '#protocol/ticket.ts';
import { type FieldValues, judge, readBound } from './criteria.ts';
import { readNumber, writeDateTime } from './stored-values.ts';

/** All that a field can hold, where that is known; undefined where it is any text. */
export type LegalValues = (field: string) => readonly FieldValue[] | undefined;

/** How many judgements may still be made: what people write needs some hundreds. */
export interface Effort {
  left: number;
}

/**
 * Tells whether some ticket is such. A field is tried with finitely many values and labels that stand for all: whatever a
 * ticket holds, one of them is judged the same by every condition. Undefined when that would be too many.
 */
export function existsTicket(
  criteria: readonly Conditions[],
  legal: LegalValues,
  effort: Effort,
  isSuch: (ticket: FieldValues) => boolean,
): boolean | undefined {
  if (effort.left <= 0) return undefined;
  const conditions = criteria.flatMap(conditionsOf);
  // Also what is given up has cost something.
  effort.left -= conditions.reduce((sum, condition) => sum + 1 + literalsOf(condition).length, 0);
  const samples: [field: string, values: readonly FieldValue[]][] = [];
  let tickets = 1;
  for (const [field, ofField] of Map.groupBy(conditions, (condition) => condition.field)) {
    const values = sampleField(ofField, legal(field), effort);
    if (values === undefined) return undefined;
    samples.push([field, values]);
    tickets *= values.length;
    if (tickets * conditions.length > effort.left) return undefined;
  }
  effort.left -= tickets * conditions.length;
  for (let index = 0; index < tickets; index += 1) if (isSuch(ticketAt(samples, index))) return true;
  return false;
}

/** Lists the conditions that criteria are made of. */
export function conditionsOf(criteria: Conditions): Condition[] {
  if ('all' in criteria) return criteria.all.flatMap(conditionsOf);
  return 'any' in criteria ? criteria.any.flatMap(conditionsOf) : [criteria];
}

function ticketAt(samples: readonly [field: string, values: readonly FieldValue[]][], index: number): FieldValues {
  const ticket: Record<string, FieldValue> = {};
  let rest = index;
  for (const [field, values] of samples) {
    const value = values[rest % values.length];
    if (value) ticket[field] = value;
    rest = Math.floor(rest / values.length);
  }
  return ticket;
}

/** Of the values that all conditions of a field judge the same, one is enough. */
function sampleField(
  conditions: readonly Condition[],
  legal: readonly FieldValue[] | undefined,
  effort: Effort,
): FieldValue[] | undefined {
  const literals = conditions.flatMap(literalsOf);
  const [field = ''] = conditions.map((condition) => condition.field);
  const parts = legal ? { values: [], labels: [] } : sampleTexts(conditions, literals);
  if (!parts) return undefined;
  const work =
    (legal ? legal.length : parts.values.length * parts.labels.length) * (conditions.length + literals.length);
  if (work > effort.left) return undefined;
  effort.left -= work;
  const pairs = legal ?? parts.values.flatMap((value) => parts.labels.map((displayValue) => ({ value, displayValue })));
  const distinct = new Map<string, FieldValue>();
  for (const pair of pairs) {
    const judged = conditions.map((condition) => judge(condition, { [field]: pair }).kind).join();
    if (!distinct.has(judged)) distinct.set(judged, pair);
  }
  return [...distinct.values()];
}

function literalsOf(condition: Condition): string[] {
  if ('values' in condition) return condition.values;
  return 'value' in condition ? [condition.value] : [];
}

const mostContained = 4;

/** The values and the labels that a field of any text is tried with. */
function sampleTexts(
  conditions: readonly Condition[],
  literals: readonly string[],
): { values: string[]; labels: string[] } | undefined {
  const contained = new Set<string>();
  const bounds = new Set<string>();
  const equalled = new Set<string>();
  for (const condition of conditions) {
    const texts = condition.operator === 'contains' ? contained : isComparison(condition) ? bounds : equalled;
    for (const literal of literalsOf(condition)) texts.add(texts === contained ? literal.trim() : literal);
  }
  // Numbers that contain a text are beyond this.
  if (contained.size > mostContained || (contained.size > 0 && bounds.size > 0)) return undefined;
  const foreign = findForeign(literals);
  if (foreign === undefined) return undefined;
  const containing = subsetsOf([...contained]).map((texts) => [...texts, ''].join(foreign));
  const labels = ['', foreign, ...equalled, ...containing];
  const sizes = sampleSizes([...bounds], equalled);
  return sizes && { values: [...new Set([...labels, ...sizes])], labels: [...new Set(labels)] };
}

function isComparison({ operator }: Condition): boolean {
  return comparisons.some((comparison) => comparison === operator);
}

/** A character that is in none of the texts: what has it is none of them, and nothing spans it. */
function findForeign(texts: readonly string[]): string | undefined {
  const joined = texts.join('');
  for (let code = 0xe000; code < 0xe100; code += 1) {
    const character = String.fromCharCode(code);
    if (!joined.includes(character)) return character;
  }
  return undefined;
}

function subsetsOf(texts: readonly string[]): string[][] {
  const [first, ...others] = texts;
  if (first === undefined) return [[]];
  return subsetsOf(others).flatMap((subset) => [subset, [first, ...subset]]);
}

/** Texts of a number and of a date at each bound, below, above, and between each two; none that conditions name, if there is another. */
function sampleSizes(bounds: readonly string[], named: ReadonlySet<string>): string[] | undefined {
  const numbers = bounds.filter((bound) => readNumber(bound) !== undefined).map(toUnits);
  const instants = bounds.flatMap((bound) => {
    const read = readBound(bound);
    return read?.kind === 'date' ? [read.size] : [];
  });
  const texts = sampleNumbers(toSorted(numbers)).map((units) => writeUnnamed(units, named));
  if (texts.some((text) => text === undefined)) return undefined;
  return [...texts.filter((text) => text !== undefined), ...sampleDates(instants, named)];
}

/** Numbers are whole multiples of this part of one: no number that is read has more decimals. */
const decimals = 15;
const one = 10n ** BigInt(decimals);

function toUnits(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const units = BigInt(whole) * one + BigInt(fraction.slice(0, decimals).padEnd(decimals, '0'));
  return text.startsWith('-') ? -units : units;
}

function toSorted(numbers: readonly bigint[]): bigint[] {
  return [...new Set(numbers)].sort((first, second) => (first < second ? -1 : 1));
}

function sampleNumbers(sorted: readonly bigint[]): bigint[] {
  const [least] = sorted;
  const greatest = sorted.at(-1);
  if (least === undefined || greatest === undefined) return [];
  const between = sorted.slice(1).flatMap((upper, index) => findBetween(sorted[index] ?? upper, upper) ?? []);
  return [...sorted, ...between, floor(least, one) - one, floor(greatest, one) + one];
}

/** The number of the fewest decimals between two. */
function findBetween(lower: bigint, upper: bigint): bigint | undefined {
  if (upper <= 0n) {
    const mirrored = findBetween(-upper, -lower);
    return mirrored === undefined ? undefined : -mirrored;
  }
  for (let unit = one; unit > 0n; unit /= 10n) {
    const next = floor(lower, unit) + unit;
    if (next < upper) return next;
  }
  return undefined;
}

function floor(units: bigint, unit: bigint): bigint {
  const rest = units % unit;
  return units - (rest < 0n ? rest + unit : rest);
}

const mostZeros = 12;

/** Writes a number in a way that no condition names, since naming is exact: 5.0 is not 5. */
function writeUnnamed(units: bigint, named: ReadonlySet<string>): string | undefined {
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, '0');
  const fraction = digits.slice(-decimals).replace(/0+$/, '');
  const plain = `${units < 0n ? '-' : ''}${digits.slice(0, -decimals)}`;
  for (let zeros = 0; zeros <= mostZeros; zeros += 1) {
    const decimalPart = `${fraction}${'0'.repeat(zeros)}`;
    const text = decimalPart === '' ? plain : `${plain}.${decimalPart}`;
    if (!named.has(text)) return text;
  }
  return undefined;
}

function sampleDates(instants: readonly number[], named: ReadonlySet<string>): string[] {
  return instants.flatMap((at) => {
    const text = writeDateTime(at);
    const day = text.endsWith(' 00:00:00') ? [text.slice(0, 10)] : [];
    return [text, ...day, ...besides(at, 1_000, named), ...besides(at, -1_000, named)];
  });
}

/** The next second that no condition names: each of them is stored in one way, or two at midnight. */
function besides(at: number, stepMs: number, named: ReadonlySet<string>): string[] {
  let next = at + stepMs;
  while (named.has(writeDateTime(next))) next += stepMs;
  return [writeDateTime(next)];
}
