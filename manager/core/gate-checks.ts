import type { Caller } from './caller.ts';
import type { Clock } from './clock.ts';
import { type CriteriaFault, checkRules, type KnownFields } from './criteria-check.ts';
import type { GateRules } from './gate-decision.ts';
import type { Metadata, MetadataReading } from './metadata.ts';
import { Refusal } from './refusal.ts';

interface Deps {
  readonly metadata: Pick<Metadata, 'read'>;
  readonly clock: Clock;
}

/** A caller is not held up longer for columns and choices: the first reading of the ticket finds unknown columns, too. */
const mostWaitMs = 10_000;

/** Checks a gate's rules when it is started, by what the instance tells of the table. */
export class GateChecks {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Throws the refusal `criteria-invalid` with all faults; answers with warnings that say what was not checked, and why. */
  async check(caller: Caller, connector: string, table: string, rules: GateRules): Promise<readonly string[]> {
    // What needs no metadata is told at once.
    refuse(checkRules(rules, undefined));
    const found = await this.#read(caller, connector, table);
    if (found.known) refuse(checkRules(rules, found.known));
    return found.unchecked === undefined
      ? []
      : [`not all columns and choices of the rules were looked up in table ${table}: ${found.unchecked}`];
  }

  async #read(caller: Caller, connector: string, table: string): Promise<Found> {
    const { metadata, clock } = this.#deps;
    const reading = metadata.read(caller, connector, { what: 'fields', table }, false);
    try {
      return toFound(await settleWithin(reading, clock, mostWaitMs));
    } catch (error) {
      if (error instanceof Refusal && error.code === 'metadata-unreadable') return { unchecked: error.message };
      throw error;
    }
  }
}

interface Found {
  readonly known?: KnownFields;
  /** Why not everything is known. */
  readonly unchecked?: string;
}

/** A reading with warnings lacks columns or choices, and does not tell which. */
function toFound(reading: MetadataReading | undefined): Found {
  if (!reading) return { unchecked: `they could not be read within ${mostWaitMs / 1_000} s` };
  const { fields = [], warnings } = reading.result;
  if (fields.length === 0) return { unchecked: warnings.join('; ') || 'the instance tells of no columns' };
  if (warnings.length === 0) return { known: { fields, complete: true } };
  return { known: { fields, complete: false }, unchecked: warnings.join('; ') };
}

function refuse(faults: readonly CriteriaFault[]): void {
  if (faults.length === 0) return;
  throw new Refusal(
    'criteria-invalid',
    `the rules cannot work: ${faults.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
    'Correct what the faults name; ticketgate metadata fields TABLE lists columns and choices.',
    { faults },
  );
}

/** Undefined when it takes longer; then it goes on, for those who ask next. */
async function settleWithin<T>(promise: Promise<T>, clock: Clock, ms: number): Promise<T | undefined> {
  let stop = () => {};
  const timeout = new Promise<undefined>((resolve) => {
    stop = clock.setTimer(ms, () => resolve(undefined));
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    stop();
  }
}
