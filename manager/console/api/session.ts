import { useMutation, useQuery } from '@tanstack/react-query';
import { createContext, use } from 'react';
import { ApiError, api, dataOf } from './client.ts';
import { queryClient, sessionKey } from './query-client.ts';

/** From the least to the most; each may do what those before it may. */
const roles = ['viewer', 'pipeline', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

export type Session = Awaited<ReturnType<typeof readSession>>;

function readSession() {
  return dataOf(api.GET('/api/v1/session'));
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
    onSuccess: (session) => {
      // Another caller may see less: nothing of the one before is kept.
      queryClient.clear();
      queryClient.setQueryData(sessionKey, session);
    },
    onError: () => {},
  });
}

export function useSignOut() {
  return useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/v1/session')),
    onSuccess: () => {
      queryClient.clear();
      queryClient.setQueryData(sessionKey, null);
    },
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
