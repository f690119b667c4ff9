import { createLogUpdate } from 'log-update';

/** One line of a terminal that is written again and again, below what was printed. */
export interface LiveLine {
  show(line: string): void;
  /** Takes the line away, so that something else can be printed. */
  clear(): void;
}

/** Undefined where nobody looks: a file or the log of a CI system keeps every version of a line. */
export function openLiveLine(stream: NodeJS.WriteStream): LiveLine | undefined {
  if (!stream.isTTY) return undefined;
  const update = createLogUpdate(stream, { showCursor: true });
  return { show: (line) => update(line.slice(0, Math.max(20, stream.columns - 1))), clear: () => update.clear() };
}
