import { expect, it } from 'vitest';
import { findUsers } from '../../../manager/console/pages/secrets/secret-users.ts';

it('leads from what uses a secret to its connector, if it is one that is known', () => {
  const connectors = [{ id: 'con_1', name: 'say "hi"' }];
  expect(findUsers(['connector "say "hi""', 'connector "hidden"', 'approval apr_1'], connectors)).toEqual([
    { words: 'connector "say "hi""', connectorId: 'con_1' },
    { words: 'connector "hidden"', connectorId: undefined },
    { words: 'approval apr_1', connectorId: undefined },
  ]);
});
