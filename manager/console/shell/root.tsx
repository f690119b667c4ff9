import { Center, Loader } from '@mantine/core';
import { SessionContext, useSessionQuery } from '../api/session.ts';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';

/** The page that was asked for, once somebody is signed in. Its address stays, so that it comes back after a sign-in. */
export function Root() {
  const { data: session, error } = useSessionQuery();
  if (session) {
    return (
      <SessionContext value={session}>
        <Shell />
      </SessionContext>
    );
  }
  if (session === null) return <SignIn />;
  return (
    <Center component="main" mih="100dvh" p="md">
      {error ? (
        <ProblemAlert error={error} title="The manager does not answer" />
      ) : (
        <Loader role="status" aria-label="Loading" />
      )}
    </Center>
  );
}
