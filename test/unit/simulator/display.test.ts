import { describe, expect, it } from 'vitest';
import { createRenderer, type RenderOptions } from '../../../simulator/display.ts';
import type { Row } from '../../../simulator/record-store.ts';
import { findUser, type User } from '../../../simulator/users.ts';
import { World } from '../../../simulator/world.ts';

const plain: RenderOptions = {
  mode: 'false',
  excludeLinks: false,
  linkBase: 'http://sn/api/now/table',
  fields: undefined,
};

function setUp(table: string, values: Row) {
  const world = new World({ seed: 7, now: () => new Date('2026-07-05T10:46:48Z') });
  const user = findUser(world, 'integration') as User;
  const row = world.insert(table, values, 'integration');
  const render = (field: string, options: Partial<RenderOptions>) =>
    createRenderer(world, user, table, { ...plain, ...options, fields: [field] }).render({ table, row })[field];
  return { world, user, row, render };
}

describe('a field in the three display modes', () => {
  const { user, render, world } = setUp('u_release_gate', {
    short_description: 'Ship it',
    u_risk_score: '2000',
    u_window_start: '2026-07-05 10:46:48',
  });
  const group = world.store.rows('sys_user_group')[0]?.sys_id ?? '';
  const withReference = setUp('u_release_gate', { assignment_group: group });

  it.each([
    ['short_description', 'Ship it', 'Ship it', { display_value: 'Ship it', value: 'Ship it' }],
    ['state', '1', 'Waiting', { display_value: 'Waiting', value: '1' }],
    ['u_environment', '', null, { display_value: null, value: '' }],
    ['active', 'true', 'true', { display_value: 'true', value: 'true' }],
    ['u_risk_score', '2000', '2,000', { display_value: '2,000', value: '2000' }],
    [
      'u_window_start',
      '2026-07-05 10:46:48',
      '05.07.2026 12:46:48',
      { display_value: '05.07.2026 12:46:48', value: '2026-07-05 10:46:48' },
    ],
    ['u_window_end', '', '', { display_value: '', value: '' }],
    ['sla_due', '', 'UNKNOWN', { display_value: 'UNKNOWN', value: '' }],
    ['assigned_to', '', '', { display_value: '', value: '' }],
    ['sys_class_name', 'u_release_gate', 'Release Gate', { display_value: 'Release Gate', value: 'u_release_gate' }],
    ['comments', '', '', { display_value: '', value: '' }],
    ['u_no_such_field', undefined, undefined, undefined],
    ['assigned_to.no_such_field', undefined, undefined, undefined],
  ])('%s', (field, value, shown, both) => {
    expect(render(field, { mode: 'false' })).toEqual(value);
    expect(render(field, { mode: 'true' })).toEqual(shown);
    expect(render(field, { mode: 'all' })).toEqual(both);
  });

  it('shows a reference as an object, without its value where the display value is asked for', () => {
    const link = `http://sn/api/now/table/sys_user_group/${group}`;
    const { render } = withReference;
    expect(render('assignment_group', { mode: 'false' })).toEqual({ link, value: group });
    expect(render('assignment_group', { mode: 'true' })).toEqual({ display_value: 'CAB Approval', link });
    expect(render('assignment_group', { mode: 'all' })).toEqual({ display_value: 'CAB Approval', value: group, link });
  });

  it('shows a reference as a text where links are excluded', () => {
    const { render } = withReference;
    expect(render('assignment_group', { excludeLinks: true })).toBe(group);
    expect(render('assignment_group', { mode: 'true', excludeLinks: true })).toBe('CAB Approval');
  });

  it('shows a dot-walked field under its flat name', () => {
    expect(withReference.render('assignment_group.name', {})).toBe('CAB Approval');
  });

  it('shows the columns of the table that was asked for, not those of the record that extends it', () => {
    const row = world.insert('change_request', {}, 'integration');
    const shown = createRenderer(world, user, 'task', plain).render({ table: 'change_request', row });
    expect(shown).toHaveProperty('sys_class_name', 'change_request');
    expect(shown).not.toHaveProperty('close_code');
  });
});
