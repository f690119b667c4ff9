import { describe, expect, it } from 'vitest';
import { roles } from '../../../manager/core/tokens.ts';
import { longestWaitMs } from '../../../manager/http/requests.ts';
import { listRoutes } from './http-api.ts';
import { readTables, tableUnder } from './markdown-table.ts';
import { readPage } from './pages.ts';

const page = readPage('docs/http-api.md');
const administrators = readPage('docs/administrators.md');
const routes = await listRoutes();

function byRoute(rows: readonly (readonly string[])[]): string[] {
  return rows.map((row) => row.join(' ')).sort();
}

describe('the page about the HTTP API', () => {
  const listed = tableUnder(page, 'Routes').rows;

  it('lists exactly the routes of the server, each with the role that it lets in', () => {
    const known = routes.map(({ method, path, role }) => [method, path, role]);
    expect(byRoute(listed.map((row) => row.slice(0, 3)))).toEqual(byRoute(known));
  });

  it('tells the statuses of success that each route declares', () => {
    const declared = routes.filter(({ path, statuses }) => path.startsWith('/api/') && statuses.length > 0);
    const known = declared.map(({ method, path, statuses }) => [method, path, statuses.join(', ')]);
    const told = listed
      .filter(([, path]) => declared.some((route) => route.path === path))
      .map(([method = '', path = '', , status = '']) => [method, path, status]);
    expect(byRoute(told)).toEqual(byRoute(known));
  });

  it('says what each route does', () => {
    for (const row of listed) expect(row[4]).toMatch(/\w/);
  });

  it('puts the roles in their order, and tells the longest wait', () => {
    expect(page).toContain(roles.map((role) => `\`${role}\``).join(' < '));
    expect(page).toContain(`at most ${longestWaitMs}`);
  });
});

describe('the page for administrators', () => {
  const [explained, needed] = readTables(administrators).filter(({ heading }) => heading === 'Tokens and roles');

  it('lists exactly the routes of the server, each with the role that it lets in', () => {
    const known = routes
      .filter(({ path }) => path !== '/api/v1/openapi.json')
      .map(({ method, path, role }) => [`${method} ${path}`, role]);
    expect(byRoute(needed?.rows ?? [])).toEqual(byRoute(known));
  });

  it('explains exactly the roles, from the least to the greatest', () => {
    expect(explained?.rows.map(([role]) => role)).toEqual([...roles]);
  });
});
