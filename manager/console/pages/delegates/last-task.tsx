import { Text } from '@mantine/core';
import { TextLink } from '../../parts/links.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { When } from '../../parts/when.tsx';
import { useLastTask } from './use-delegates.ts';

/** What a delegate was given last, and the way to all of it. */
export function LastTask({ delegateId }: { delegateId: string }) {
  const query = useLastTask(delegateId);
  return (
    <Loaded query={query}>
      {({ items: [task] }) =>
        task === undefined ? (
          'none'
        ) : (
          <Text span inherit>
            <TextLink to="/tasks/$taskId" params={{ taskId: task.id }}>
              {task.type}
            </TextLink>
            , {task.state}, <When at={task.createdAt} />;{' '}
            <TextLink to="/tasks" search={{ delegateId }}>
              all of its tasks
            </TextLink>
          </Text>
        )
      }
    </Loaded>
  );
}
