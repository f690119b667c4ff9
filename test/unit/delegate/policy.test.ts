import { describe, expect, it } from 'vitest';
import { createExecutorWorld as begin } from './executor-world.ts';
import { composeAssign, composeCanary, key } from './fixtures.ts';

const read = { taskType: 'ticket.read', params: { table: 'incident', numbers: ['INC1'], fields: ['state'] } };

describe('the policy of the operator', () => {
  it.each([
    [{ hosts: ['other.service-now.com'] }, /its policy does not allow the host example\.service-now\.com\.$/],
    [{ hosts: [] }, /does not allow the host/],
    [{ taskTypes: ['ticket.read'] }, /its policy does not allow the task type ticket\.create\.$/],
  ])('%j refuses an assignment that the manager gives all the same, and its secret stays shut', (policy, message) => {
    const { executor, held, session } = begin({ policy });
    session.openSecret = () => {
      throw new Error('the secret was opened');
    };
    executor.assign(composeAssign(), session);
    expect(session.sent).toEqual([
      {
        type: 'task.reject',
        ...key('task-1'),
        code: 'policy-refused',
        message: expect.stringMatching(message),
      },
    ]);
    expect(held.begun).toEqual([]);
  });

  it.each([{}, { hosts: ['*.service-now.com'] }, { hosts: ['EXAMPLE.service-now.com'], taskTypes: ['ticket.read'] }])(
    '%j lets through what it allows',
    (policy) => {
      const { executor, session } = begin({ policy });
      executor.assign(composeAssign(read), session);
      expect(session.types()).toEqual(['task.accept']);
    },
  );

  it('never refuses a canary', () => {
    const { executor, session } = begin({ policy: { hosts: [], taskTypes: [] } });
    executor.assign(composeCanary(), session);
    expect(session.types()).toEqual(['task.accept']);
  });
});
