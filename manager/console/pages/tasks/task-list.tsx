import { Button, Loader, Stack, Text } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { TextLink } from '../../parts/links.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';
import classes from './task-list.module.css';
import { stateWord, taskTones } from './task-words.ts';
import type { Task } from './use-tasks.ts';

const rowHeight = 44;
/** More are loaded when so few are left below those that are made. */
const loadAhead = 60;
/** Rows that are made beyond those in sight, so that a fast scroll shows no gap. */
const overscan = 15;

interface TaskListProps {
  readonly tasks: readonly Task[];
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly loadError: Error | null;
  readonly loadMore: () => unknown;
}

/** Makes only the rows in sight: ten thousand scroll like ten. More are loaded when the end comes into sight. */
export function TaskList({ tasks, hasMore, isLoadingMore, loadError, loadMore }: TaskListProps) {
  const list = useRef<HTMLTableSectionElement>(null);
  // Not offsetTop: that of a part of a table is within the table.
  const [listTop, setListTop] = useState(0);
  useLayoutEffect(() => {
    if (list.current) setListTop(Math.round(list.current.getBoundingClientRect().top + window.scrollY));
  });
  const virtualizer = useWindowVirtualizer({
    count: tasks.length,
    estimateSize: () => rowHeight,
    overscan,
    scrollMargin: listTop,
    getItemKey: (index) => tasks[index]?.id ?? index,
  });
  const rows = virtualizer.getVirtualItems();
  const isNearEnd = (rows.at(-1)?.index ?? 0) >= tasks.length - loadAhead;
  const mayLoad = isNearEnd && hasMore && !isLoadingMore && loadError === null;
  useEffect(() => {
    if (mayLoad) loadMore();
  }, [mayLoad, loadMore]);
  return (
    <>
      <table className={classes.table} aria-label="Tasks" aria-rowcount={hasMore ? -1 : tasks.length + 1}>
        <thead className={classes.head}>
          <tr className={classes.row} aria-rowindex={1}>
            {['Task', 'Type', 'State', 'Delegate', 'Submitted'].map((header) => (
              <th key={header} scope="col">
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={list} className={classes.body} style={{ height: virtualizer.getTotalSize() }}>
          {rows.map(({ index, key, start }) => {
            const task = tasks[index];
            return (
              task && (
                <tr
                  key={key}
                  aria-rowindex={index + 2}
                  data-index={index}
                  ref={virtualizer.measureElement}
                  className={classes.row}
                  style={{ transform: `translateY(${start - virtualizer.options.scrollMargin}px)` }}
                >
                  <Cells task={task} />
                </tr>
              )
            );
          })}
        </tbody>
      </table>
      {isLoadingMore && <Loader size="sm" role="status" aria-label="Loading more" />}
      {loadError && !isLoadingMore && (
        <Stack align="flex-start">
          <ProblemAlert error={loadError} title="No more could be loaded" isTriedAgain />
          <Button variant="default" onClick={() => loadMore()}>
            Try again
          </Button>
        </Stack>
      )}
      {!hasMore && (
        <Text size="sm" c="dimmed">
          {tasks.length === 1 ? 'This is the only task.' : `These are all ${tasks.length} tasks.`}
        </Text>
      )}
    </>
  );
}

function Cells({ task }: { task: Task }) {
  return (
    <>
      <td>
        <TextLink to="/tasks/$taskId" params={{ taskId: task.id }} ff="monospace" size="sm">
          {task.id}
        </TextLink>
      </td>
      <td>{task.type}</td>
      <td>
        <StateBadge tone={taskTones[task.state]}>{stateWord(task)}</StateBadge>
      </td>
      <td>{task.attempts.at(-1)?.delegateName ?? '—'}</td>
      <td>
        <When at={task.createdAt} />
      </td>
    </>
  );
}
