import { NavLink, type NavLinkProps, Stack, Text } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ComponentPropsWithRef } from 'react';
import { type Role, useMay } from '../api/session.ts';
import classes from './navigation.module.css';

const LinkToPage = createLink(
  (props: NavLinkProps & Omit<ComponentPropsWithRef<'a'>, keyof NavLinkProps | 'style'>) => <NavLink {...props} />,
);

interface Entry {
  readonly to:
    | '/'
    | '/approvals'
    | '/tasks'
    | '/delegates'
    | '/connectors'
    | '/secrets'
    | '/tokens'
    | '/audit'
    | '/system';
  readonly label: string;
  readonly role: Role;
}

const groups: readonly { readonly title: string; readonly entries: readonly Entry[] }[] = [
  {
    title: 'Work',
    entries: [
      { to: '/', label: 'Home', role: 'viewer' },
      { to: '/approvals', label: 'Approvals', role: 'viewer' },
      { to: '/tasks', label: 'Tasks', role: 'viewer' },
      { to: '/delegates', label: 'Delegates', role: 'viewer' },
    ],
  },
  {
    title: 'Setup',
    entries: [
      { to: '/connectors', label: 'Connectors', role: 'viewer' },
      { to: '/secrets', label: 'Secrets', role: 'operator' },
      { to: '/tokens', label: 'Tokens', role: 'admin' },
    ],
  },
  {
    title: 'Watch',
    entries: [
      { to: '/audit', label: 'Audit', role: 'admin' },
      { to: '/system', label: 'System', role: 'operator' },
    ],
  },
];

export function Navigation({ onChosen }: { onChosen: () => void }) {
  const may: Readonly<Record<Role, boolean>> = {
    viewer: useMay('viewer'),
    pipeline: useMay('pipeline'),
    operator: useMay('operator'),
    admin: useMay('admin'),
  };
  return (
    <Stack component="nav" aria-label="Pages" gap="md">
      {groups
        .map(({ title, entries }) => ({ title, entries: entries.filter(({ role }) => may[role]) }))
        .filter(({ entries }) => entries.length > 0)
        .map(({ title, entries }) => (
          <div key={title}>
            <Text size="xs" c="dimmed" fw={600} px="sm">
              {title}
            </Text>
            {entries.map(({ to, label }) => (
              <LinkToPage
                key={to}
                to={to}
                label={label}
                onClick={onChosen}
                activeOptions={{ exact: to === '/' }}
                className={classes.link}
              />
            ))}
          </div>
        ))}
    </Stack>
  );
}
