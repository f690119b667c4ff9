import { rewrite } from './rewrite.ts';

/** A create that never looks for what an earlier attempt, or its own lost request, may have done, and is repeated. */
rewrite('delegate/servicenow/ticket-create.ts', [
  ['if (context.lookFirst) {', 'if (context.attempt < 0) {'],
  ['return lookUntilKnown(creation, lost, settledAtMs);', 'return failed(lost.failure, false);'],
]);
