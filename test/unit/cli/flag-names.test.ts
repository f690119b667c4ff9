import { describe, expect, it } from 'vitest';
import { nameFlags } from '../../../cli/flag-names.ts';
import { taskFlags } from '../../../cli/submit-task.ts';

describe('a fault of a task', () => {
  it.each([
    ['/connector', '--connector'],
    ['/selectors/0', '--selectors'],
    ['/limits/pickUp', '--pick-up'],
    ['/params/table', '--table'],
    ['/params/stagingTable', '--table'],
    ['/params/changeType', '--change-type'],
    ['/params/changeTaskType', '--type'],
    ['/params/changeRequest', 'the number of the change request'],
    ['/params/numbers/0', 'the number of the ticket'],
    ['/params/fields', '--field'],
    ['/params/fields/a~1b ~0c', '--field "a/b ~c"'],
    ['/params/rows', '--json'],
    ['/params/rows/2', '--json row 3'],
    ['/params/rows/2/u_key', '--json row 3, u_key'],
    ['/params/fields/a/b', '--field "a"'],
    ['/limits/run', '/limits/run'],
    ['', ''],
  ])('at %j is told at %j', (path, name) => {
    const problem = { status: 400, code: 'invalid-request', remedy: 'Correct it.' };
    const given = { ...problem, detail: `wrong: ${path} is odd`, faults: [{ path, message: 'is odd' }] };
    expect(nameFlags(taskFlags, given)).toEqual({
      ...problem,
      detail: `wrong: ${name} is odd`,
      faults: [{ path: name, message: 'is odd' }],
    });
  });
});
