import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseColumns } from '../../../delegate/servicenow/form-metadata.ts';

describe('reading form metadata', () => {
  it('takes what a column tells', () => {
    const columns = parseColumns({
      columns: {
        state: {
          label: 'State',
          type: 'integer',
          mandatory: true,
          read_only: 'false',
          max_length: '40',
          choices: [
            { value: '', label: '-- None --' },
            { value: 1, label: 'New' },
            { value: '1', label: 'Again' },
            'x',
          ],
        },
        opened_by: { label: 'Opened by', type: 'reference', reference: 'sys_user', read_only: true, max_length: 32 },
      },
    });
    expect([...columns.values()]).toEqual([
      {
        name: 'state',
        label: 'State',
        type: 'integer',
        mandatory: true,
        readOnly: false,
        maxLength: 40,
        choices: [{ value: '1', label: 'New' }],
      },
      {
        name: 'opened_by',
        label: 'Opened by',
        type: 'reference',
        mandatory: false,
        readOnly: true,
        maxLength: 32,
        reference: 'sys_user',
      },
    ]);
  });

  it('leaves out what has no name of a column, and guesses nothing', () => {
    const columns = parseColumns({ columns: { 'a.b': {}, A: {}, __proto__: {}, c: 'x', d: {} } });
    expect([...columns.values()]).toEqual([
      { name: 'd', label: 'd', type: 'string', mandatory: false, readOnly: false },
    ]);
  });

  it('reads whatever comes without a throw', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.anything())), (columns) => {
        for (const [name, column] of parseColumns({ columns })) expect(column.name).toBe(name);
      }),
    );
    fc.assert(fc.property(fc.anything(), (columns) => parseColumns({ columns }).size >= 0));
  });
});
