import { rewrite } from './rewrite.ts';

/** A gate that looks at what rejects only where nothing approves. */
rewrite('manager/core/gate-decision.ts', [
  [
    'if (rules.reject && holds(rules.reject, fields))',
    'if (rules.reject && holds(rules.reject, fields) && !holds(rules.approve, fields))',
  ],
]);
