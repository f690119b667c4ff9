import type { Candidate, Demand } from '../../../manager/core/delegates.ts';

const instance = 'https://example.service-now.com/';

/** A delegate that can take everything. */
export function candidate(name: string, change: Partial<Candidate> = {}): Candidate {
  return {
    id: `${name}.1`,
    name,
    state: 'online',
    tags: [name, 'dc1'],
    features: ['reach-check', 'authentication-kinds', 'ticket-forms'],
    taskTypes: ['connection.test', 'ticket.create', 'canary'],
    policy: {},
    freeSlots: 1,
    lastSeenAt: 70_000,
    standing: { kind: 'proven', at: 0 },
    ...change,
  };
}

export function demand(change: Partial<Demand> = {}): Demand {
  return {
    type: 'ticket.create',
    selectors: ['dc1'],
    baseUrl: instance,
    managerId: undefined,
    features: [],
    ...change,
  };
}
