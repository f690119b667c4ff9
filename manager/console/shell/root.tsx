import { Center, Loader } from '@mantine/core';
import { useState } from 'react';
import { identify, type Session, SessionContext, useSessionQuery } from '../api/session.ts';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { Shell } from './shell.tsx';
import { SignIn, SignInAgain } from './sign-in.tsx';

/**
 * The page that was asked for, once somebody is signed in. Its address stays, so that it comes back after a sign-in; a page
 * whose session ends stays as it is behind the sign-in, so that nothing is lost of what was typed.
 */
export function Root() {
  const { data: session, error } = useSessionQuery();
  const [known, setKnown] = useState<Session>();
  if (session && session !== known) setKnown(session);
  const shown = session ?? known;
  if (shown) {
    return (
      <SessionContext value={shown}>
        <Shell key={identify(shown)} />
        {session === null && <SignInAgain />}
      </SessionContext>
    );
  }
  if (session === null) return <SignIn />;
  return (
    <Center component="main" mih="100dvh" p="md">
      {error ? (
        <ProblemAlert error={error} title="The manager does not answer" isTriedAgain />
      ) : (
        <Loader role="status" aria-label="Loading" />
      )}
    </Center>
  );
}
