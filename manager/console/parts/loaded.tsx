import { Loader } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useConnection } from '../api/connection.ts';
import { ProblemAlert } from './problem-alert.tsx';

/** What a query answered. What was known stays shown while a later answer fails, and is said to be old. */
export function Loaded<Data>({
  query: { data, error },
  children,
}: {
  query: Pick<UseQueryResult<Data>, 'data' | 'error'>;
  children: (data: Data) => ReactNode;
}) {
  // Then the whole page says so.
  const isLost = useConnection().kind === 'lost';
  if (data === undefined)
    return error ? (
      <ProblemAlert error={error} title="This could not be loaded" isTriedAgain />
    ) : (
      <Loader role="status" aria-label="Loading" />
    );
  return (
    <>
      {error && !isLost && <ProblemAlert error={error} title="What is shown is from before" isTriedAgain />}
      {children(data)}
    </>
  );
}
