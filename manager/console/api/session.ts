import { useMutation, useQuery } from '@tanstack/react-query';
import { createContext, use } from 'react';
import { ApiError, api, dataOf } from './client.ts';
import { queryClient, renew, sessionKey } from './query-client.ts';

/** From the least to the most; each may do what those before it may. */
const roles = ['viewer', 'pipeline', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

export type Session = Awaited<ReturnType<typeof readSession>>;

async function readSession() {
  return admit(await dataOf(api.GET('/api/v1/session')));
}

/** Whose answers are kept. */
let caller = '';

/** Another caller may see less: nothing of the one before is kept. */
function admit<Found extends { role: Role; scope: unknown }>(session: Found): Found {
  const next = identify(session);
  if (next !== caller) queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
  caller = next;
  return session;
}

/** Alike for those who see the same: whose token has expired comes back with another one. */
export function identify({ role, scope }: { role: Role; scope: unknown }): string {
  return JSON.stringify([role, scope]);
}

/** Who is signed in; null when nobody is. */
export function useSessionQuery() {
  return useQuery({
    queryKey: sessionKey,
    queryFn: async () => {
      try {
        return await readSession();
      } catch (error) {
        if (error instanceof ApiError && error.problem.status === 401) return null;
        throw error;
      }
    },
  });
}

export function useSignIn() {
  return useMutation({
    mutationFn: (token: string) => dataOf(api.POST('/api/v1/session', { body: { token } })),
    // The token is not kept any longer than it is typed.
    gcTime: 0,
    onSuccess: async (session) => {
      await queryClient.cancelQueries({ queryKey: sessionKey });
      queryClient.setQueryData(sessionKey, admit(session));
      renew({});
    },
    onError: () => {},
  });
}

export function useSignOut() {
  return useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/v1/session')),
    // Whatever this page knows is gone with it.
    onSuccess: () => location.reload(),
  });
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === undefined) throw new Error('nobody is signed in here');
  return session;
}

/** Whether the one who is signed in may do what needs this role: what would be refused is not offered. */
export function useMay(role: Role): boolean {
  return roles.indexOf(useSession().role) >= roles.indexOf(role);
}
