import { rewrite } from './rewrite.ts';

/** Rows of an import, and notes, that are never looked for after a lost answer or an earlier attempt, and are repeated. */
rewrite('delegate/servicenow/import-set-load.ts', [['if (!context.lookFirst)', 'if (context.attempt > 0)']]);
rewrite('delegate/servicenow/import-row.ts', [
  ['return lookUntilKnown(load, sent, judged, settledAtMs);', 'return failedRow(judged.failure, false);'],
]);
rewrite('delegate/servicenow/record-update.ts', [
  ['return update.calls.context.lookFirst ?', 'return update.calls.context.attempt < 0 ?'],
  ["if (judged.landed !== 'maybe')", "if (judged.landed !== 'never')"],
]);
