import { rewrite } from './rewrite.ts';

/** A gate that opens whether or not its change window has begun. */
rewrite('manager/core/gate-decision.ts', [['if (now < start.at)', 'if (now < 0)']]);
