import { rewrite } from './rewrite.ts';

/** A poll that fails for whatever reason counts against the gate, as if its ticket were not there. */
rewrite('manager/core/gate-readings.ts', [
  ['const isDecisive = decisive.has(reason.code) && !isOfOther;', 'const isDecisive = true;'],
]);
