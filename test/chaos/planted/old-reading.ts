import { rewrite } from './rewrite.ts';

/** A gate that is decided by a new reading, and whose evidence shows the one before. */
rewrite('manager/core/gate-readings.ts', [
  [
    'const evidence = { rule: decision.rule, decidedAt: isoTime(now), reading };',
    'const evidence = { rule: decision.rule, decidedAt: isoTime(now), reading: record.progress.reading ?? reading };',
  ],
]);
