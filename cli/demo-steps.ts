import { OperationError } from './api-errors.ts';
import { reportError } from './error-text.ts';
import type { Output } from './output.ts';

/** What a step found: a sentence, further lines for a person, and the same as data. */
export interface Finding<T> {
  readonly value: T;
  readonly says: string;
  readonly details?: readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Thrown by a step that did not hold and has been reported. */
export class StepBroken extends Error {
  override readonly name = 'StepBroken';
}

/** Runs the steps of the demo one by one and shows how each went. */
export class DemoSteps {
  readonly #output: Output;
  #isMuted = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Shows nothing more: what is still under way breaks because its programs are being ended. */
  mute(): void {
    this.#isMuted = true;
  }

  /** Runs a step; one that throws is shown with its reason and its remedy, and breaks the story. */
  async run<T>(name: string, work: () => Promise<Finding<T>>): Promise<T> {
    const startedAt = performance.now();
    try {
      const { value, says, details = [], data = {} } = await work();
      const ms = Math.round(performance.now() - startedAt);
      this.#output.result({ event: 'step', step: name, ok: true, ms, says, ...data }, [
        `✓ ${name}: ${says}`,
        ...details.map((line) => `    ${line}`),
      ]);
      return value;
    } catch (error) {
      if (this.#isMuted) throw new StepBroken(name, { cause: error });
      const report = reportError(error) ?? reportError(new OperationError(describe(error), 'Report this as a fault.'));
      this.#output.result({ event: 'step', step: name, ok: false, ...report?.document }, []);
      this.#output.progress([`✗ ${name}: this step did not hold`, ...(report?.lines ?? [])].join('\n    '));
      throw new StepBroken(name, { cause: error });
    }
  }

  /** Shows the figures at the end. */
  figures(figures: Readonly<Record<string, unknown>>, lines: readonly string[]): void {
    this.#output.result({ event: 'done', ...figures }, ['', ...lines]);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
