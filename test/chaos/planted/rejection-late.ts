import { rewrite } from './rewrite.ts';

/** A gate that looks at what rejects only where nothing approves. */
rewrite('manager/core/gate-decision.ts', [
  [
    "if (rules.reject && rejection?.kind === 'holds')",
    "if (rules.reject && rejection?.kind === 'holds' && judge(rules.approve, fields).kind !== 'holds')",
  ],
]);
