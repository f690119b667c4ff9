import { describe, expect, it } from 'vitest';
import { describeColumn, findColumn } from '../../../delegate/servicenow/column-lookup.ts';
import { parseColumns } from '../../../delegate/servicenow/form-metadata.ts';

const columns = parseColumns({
  columns: {
    start_date: { label: 'Planned start date' },
    end_date: { label: 'Planned end date' },
    state: { label: 'State' },
    u_state: { label: 'Regional state' },
    u_old_state: { label: 'Regional state' },
    u_clash: { label: 'start_date' },
    plain: {},
  },
});

describe('finding the column that is meant', () => {
  it.each([
    ['start_date', 'start_date'],
    ['START_DATE', 'start_date'],
    ['Planned Start Date', 'start_date'],
    [' state ', 'state'],
  ])('takes %j for %s', (key, name) => {
    expect(findColumn(columns, key)).toMatchObject({ kind: 'column', column: { name } });
  });

  it('does not choose between columns with one label', () => {
    expect(findColumn(columns, 'regional state')).toMatchObject({
      kind: 'ambiguous',
      columns: [{ name: 'u_state' }, { name: 'u_old_state' }],
    });
  });

  it.each([
    ['planned date', ['start_date', 'end_date']],
    ['start time', ['start_date', 'u_clash']],
    ['x_y', []],
  ])('offers for %j the columns that have its words', (key, names) => {
    const found = findColumn(columns, key);
    expect(found.kind === 'unknown' && found.similar.map(({ name }) => name)).toEqual(names);
  });

  it.each([
    ['end_dat', 'end_date'],
    ['Planed start date', 'start_date'],
    ['sate', 'state'],
  ])('offers for the typo %j the column %s first', (key, name) => {
    expect(findColumn(columns, key)).toMatchObject({ kind: 'unknown', similar: [{ name }] });
  });

  it('writes a column with its label, if it has one', () => {
    const [start] = columns.values();
    expect(start && describeColumn(start)).toBe('start_date (Planned start date)');
  });
});
