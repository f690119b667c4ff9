import { Button, Code, Group, MultiSelect, Select, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { readTasksSearch, type TasksSearch, taskStates, taskTypes } from './search.ts';
import { TaskList } from './task-list.tsx';
import { useTasks } from './use-tasks.ts';

const route = getRouteApi('/tasks');

/** What was submitted, newest first. */
export function TasksPage() {
  const search = route.useSearch();
  const tasks = useTasks(search);
  return (
    <Page
      title="Tasks"
      about="What callers submitted, and what a delegate does or did for them. Polls of gates are not listed."
    >
      <Filters search={search} />
      <Loaded query={tasks.newest}>
        {() =>
          tasks.items.length === 0 && !tasks.hasMore ? (
            <NoTasks isFiltered={Object.keys(search).length > 0} />
          ) : (
            <TaskList
              tasks={tasks.items}
              hasMore={tasks.hasMore}
              isLoadingMore={tasks.isLoadingMore}
              loadError={tasks.loadError}
              loadMore={tasks.loadMore}
            />
          )
        }
      </Loaded>
    </Page>
  );
}

function Filters({ search }: { search: TasksSearch }) {
  const navigate = route.useNavigate();
  const set = (change: Readonly<Record<string, unknown>>) =>
    navigate({ search: (before) => readTasksSearch({ ...before, ...change }) });
  return (
    <Group align="flex-end" gap="sm">
      <MultiSelect
        label="State"
        placeholder={search.state ? undefined : 'any'}
        data={[...taskStates]}
        value={search.state ?? []}
        onChange={(state) => set({ state })}
        clearable
        miw={200}
      />
      <Select
        label="Type"
        placeholder="any"
        data={[...taskTypes]}
        value={search.type ?? null}
        onChange={(type) => set({ type })}
        clearable
      />
      {Object.keys(search).length > 0 && (
        <Button variant="default" onClick={() => navigate({ search: {} })}>
          Clear filters
        </Button>
      )}
    </Group>
  );
}

function NoTasks({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <EmptyState title="No task fits the filters">Clear a filter to see more.</EmptyState>;
  return (
    <EmptyState title="No task yet">
      <Text>A pipeline submits one, for example:</Text>
      <Code block>
        ticketgate ticket create --connector NAME --table change_request --field short_description=Deploy
      </Code>
    </EmptyState>
  );
}
