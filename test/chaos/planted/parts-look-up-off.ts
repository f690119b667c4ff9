import { rewrite } from './rewrite.ts';

/** Rows of an import, and notes, that are never looked for after a lost answer or an earlier attempt, and are repeated. */
rewrite('delegate/servicenow/import-set-load.ts', [
  ['if (!context.lookFirst || !canLook)', 'if (context.attempt > 0)'],
]);
rewrite('delegate/servicenow/import-row.ts', [
  ['return lookUntilKnown(load, sent, judged, settledAtMs);', 'return failedRow(judged.failure, false);'],
]);
rewrite('delegate/servicenow/record-update.ts', [
  ['return lookFirst && attempt > 1 ?', 'return lookFirst && attempt < 0 ?'],
  ["if (judged.landed !== 'maybe' && !isThere)", "if (judged.landed !== 'never')"],
]);
