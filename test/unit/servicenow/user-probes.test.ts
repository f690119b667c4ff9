import { expect, it } from 'vitest';
import { judgeRoles, type SeenRoles } from '../../../delegate/servicenow/user-probes.ts';

function seen(roles: readonly string[], isAll = true): SeenRoles {
  return { kind: 'seen', roles: new Set(roles), isAll };
}

it.each([
  ['an administrator', seen(['admin']), 'passed', 'passed'],
  ['an administrator, some of whose roles are hidden', seen(['admin'], false), 'passed', 'passed'],
  ['the three roles', seen(['itil', 'itil_admin', 'personalize_choices']), 'passed', 'warning'],
  ['itil and personalize_choices', seen(['itil', 'personalize_choices']), 'passed', 'warning'],
  ['itil_admin and personalize_choices', seen(['itil_admin', 'personalize_choices']), 'passed', 'warning'],
  ['itil alone', seen(['itil']), 'warning', 'warning'],
  ['itil alone, while others may be hidden', seen(['itil'], false), 'unknown', 'unknown'],
  ['import_admin', seen(['import_admin']), 'warning', 'passed'],
  ['import_transformer, while others may be hidden', seen(['import_transformer'], false), 'unknown', 'passed'],
  ['another role', seen(['snc_internal']), 'warning', 'warning'],
  ['roles that are not shown', { kind: 'unknown', reason: 'refused' }, 'unknown', 'unknown'],
] as const)('what is known of the roles of %s', (_, roles, forTickets, forImports) => {
  const findings = judgeRoles(roles);
  expect(findings.map(({ probe, status }) => [probe, status])).toEqual([
    ['roles', forTickets],
    ['import-roles', forImports],
  ]);
  for (const { status, remedy } of findings) expect(remedy === undefined).toBe(status === 'passed');
});

it('who has itil is not told to take more than filtering sys_choice needs', () => {
  const [tickets] = judgeRoles(seen(['itil']));
  expect(tickets?.message).toBe(
    'for tickets the user lacks personalize_choices, which only filtering sys_choice needs; it has itil',
  );
  expect(tickets?.remedy).toBe(
    'Mostly nothing: personalize_choices is needed only where the instance does not offer api/now/ui/meta.',
  );
});

it('who may only import is told that tickets need itil, and that importing does not', () => {
  const [tickets] = judgeRoles(seen(['import_admin']));
  expect(tickets?.message).toBe('for tickets the user lacks itil; it has import_admin');
  expect(tickets?.remedy).toMatch(/^Tickets need the role itil, .*; nothing if it only loads import sets\.$/);
  expect(tickets?.remedy).not.toContain('itil_admin');
});
