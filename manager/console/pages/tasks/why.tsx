import { Title } from '@mantine/core';
import { Explanation } from '../../parts/explanation.tsx';
import { hasEnded } from './task-words.ts';
import { type Task, useWhy } from './use-tasks.ts';

/** Why the task stands as it does. */
export function Why({ task }: { task: Task }) {
  const query = useWhy(task.id);
  return (
    <section aria-labelledby="why">
      <Title order={2} size="h3" id="why" mb="sm">
        {hasEnded(task) ? 'Why it ended so' : 'Why it waits'}
      </Title>
      <Explanation query={query} />
    </section>
  );
}
