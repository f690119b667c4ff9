import { describe, expect, it } from 'vitest';
import type { TaskType } from '#protocol/task-types.ts';
import { ServedRoutes } from '../../../manager/core/served-routes.ts';
import { routeOf } from '../../../manager/core/task-record.ts';

function route(type: TaskType, name: string) {
  return routeOf({ type, selectors: [name], target: { baseUrl: 'https://example.service-now.com/' } });
}

/** To which routes one freed slot after another goes, when each of them always has work. */
function turns(routes: ServedRoutes, count: number): string[] {
  return Array.from({ length: count }, () => {
    const [first] = routes.inOrder();
    if (!first) throw new Error('no route has work');
    routes.foundTask(first, 32);
    return first.route.selectors[0] ?? '';
  });
}

describe('the order in which routes get freed slots', () => {
  it('is by priority: tests before writes before reads, however they came', () => {
    const routes = new ServedRoutes();
    routes.sign(route('ticket.read', 'read'));
    routes.sign(route('ticket.create', 'write'));
    routes.sign(route('connection.test', 'test'));
    expect([...routes.inOrder()].map(({ route: { selectors } }) => selectors[0])).toEqual(['test', 'write', 'read']);
  });

  it('is in turn among routes of one priority: a long backlog holds up no other', () => {
    const routes = new ServedRoutes();
    for (const name of ['a', 'b', 'c']) routes.sign(route('ticket.read', name));
    expect(turns(routes, 6)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('lets nothing starve: every eighth turn begins with another priority', () => {
    const routes = new ServedRoutes();
    routes.sign(route('connection.test', 'test'));
    routes.sign(route('ticket.read', 'read'));
    const given = turns(routes, 16);
    expect(given.filter((name) => name === 'read')).toHaveLength(2);
    expect(given.filter((name) => name === 'test')).toHaveLength(14);
  });

  it('leaves out a route that was found empty, until there is a sign of work again', () => {
    const routes = new ServedRoutes();
    const served = routes.sign(route('ticket.read', 'a'));
    const before = served.signs;
    routes.foundEmpty(served, before);
    expect([...routes.inOrder()]).toEqual([]);
    routes.sign(route('ticket.read', 'a'));
    expect([...routes.inOrder()]).toEqual([served]);
    // The claim began before the sign: that it found nothing says nothing.
    routes.foundEmpty(served, before);
    expect([...routes.inOrder()]).toEqual([served]);
  });
});
