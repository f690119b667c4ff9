/** Who speaks to whom: a manager to Redis, a delegate to a manager, a delegate to ServiceNow. */
export type Arrow = 'redis' | 'manager' | 'servicenow';
/** The server is the side that was dialled. */
export type Direction = 'to-server' | 'to-client';

/** What springs a wire: where it was seen, and the bytes from there on, as text. */
export interface Sighting {
  readonly arrow: Arrow;
  /** The proxy that saw it, named after the program that dials through it. */
  readonly dialler: string;
  /** The program at the other end. */
  readonly dialled: string;
  /** Whose bytes are held meanwhile; undefined when none are. */
  readonly heldFrom: string | undefined;
  readonly text: string;
}

/** Whether the bytes that were held go on, or are lost because their sender died before it could send them. */
export type Verdict = 'forward' | 'drop';

/** Fires once, when certain bytes pass an arrow. */
export interface Wire {
  readonly arrow: Arrow;
  readonly direction: Direction;
  readonly bytes: string;
  /** Whether this sighting is meant. */
  readonly concerns: (text: string) => boolean;
  /** So many sightings pass first. */
  readonly skip: number;
  /**
   * before: the bytes are held meanwhile. after: they have been forwarded, and no answer passes meanwhile. answered: they
   * have been forwarded, and what came next the other way is held.
   */
  readonly when: 'before' | 'after' | 'answered';
  /** Resolves when what is to happen at this instant has happened. */
  readonly spring: (sighting: Sighting) => Promise<Verdict>;
}

export interface Match {
  readonly wire: Wire;
  /** Where the bytes begin in what was looked through. */
  readonly at: number;
}

interface Armed {
  readonly wire: Wire;
  skipped: number;
}

/** How much of a command or a frame is looked at to see what it concerns. */
const textLength = 6_000;

/** The wires that are armed, on all arrows. */
export class TripWires {
  readonly #armed = new Set<Armed>();

  /** Arms a wire; the function that it answers with takes it away again. */
  arm(wire: Wire): () => void {
    const armed = { wire, skipped: 0 };
    this.#armed.add(armed);
    return () => this.#armed.delete(armed);
  }

  /** Which wires the bytes after `from` touch, in order; each of those is armed no more. */
  touch(arrow: Arrow, direction: Direction, bytes: Buffer, from: number): Match[] {
    const matches: Match[] = [];
    for (const armed of this.#armed) {
      const { wire } = armed;
      if (wire.arrow !== arrow || wire.direction !== direction) continue;
      const at = this.#find(armed, bytes, from);
      if (at === undefined) continue;
      this.#armed.delete(armed);
      matches.push({ wire, at });
    }
    return matches.sort((one, other) => one.at - other.at);
  }

  #find(armed: Armed, bytes: Buffer, from: number): number | undefined {
    const { wire } = armed;
    const length = Buffer.byteLength(wire.bytes);
    // Bytes that ended before `from` were looked through with the chunk before.
    let at = bytes.indexOf(wire.bytes, Math.max(0, from - length + 1));
    for (; at >= 0; at = bytes.indexOf(wire.bytes, at + length)) {
      if (!wire.concerns(textAt(bytes, at))) continue;
      if (armed.skipped >= wire.skip) return at;
      armed.skipped += 1;
    }
    return undefined;
  }
}

export function textAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + textLength);
}
