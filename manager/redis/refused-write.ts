import type { RefusedWrite } from '../core/store-health.ts';

/** Tells why Redis refused to write, if that is what an error says; of one that a script met, in its words. */
export function readRefusedWrite(error: unknown): RefusedWrite | undefined {
  if (!(error instanceof Error)) return undefined;
  const [, word] = /(?:^|\s-|: )(OOM|READONLY|MISCONF|NOREPLICAS) /.exec(error.message) ?? [];
  switch (word) {
    case 'OOM':
      return 'memory-full';
    case 'READONLY':
      return 'replica';
    case 'MISCONF':
      return 'disk-failing';
    case 'NOREPLICAS':
      return 'replicas-missing';
    default:
      return undefined;
  }
}
