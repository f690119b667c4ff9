import { Anchor, AppShell, Burger, Button, Group, Menu, Text, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { Outlet } from '@tanstack/react-router';
import { useLiveUpdates } from '../api/live.ts';
import { useSession, useSignOut } from '../api/session.ts';
import { ConnectionBadge, ConnectionNote, SessionNote } from './connection-note.tsx';
import { Navigation } from './navigation.tsx';
import classes from './shell.module.css';

/** What is round every page. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure(false);
  useLiveUpdates();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding="md"
    >
      <AppShell.Header>
        <Anchor className={classes.skip} href="#page">
          Skip to the page
        </Anchor>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={opened ? 'Close the menu' : 'Open the menu'}
              aria-expanded={opened}
            />
            <Text fw={700} size="lg">
              Ticketgate
            </Text>
            <ConnectionBadge />
          </Group>
          <Account />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" className={opened ? undefined : classes.closed}>
        <Navigation onChosen={close} />
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1} className={classes.main}>
        <ConnectionNote />
        <SessionNote />
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

function sayStillSignedIn(error: Error) {
  notifications.show({ color: 'red', title: 'You are still signed in', message: error.message, autoClose: false });
}

const schemes = [
  ['auto', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

function Account() {
  const { name, role } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" size="compact-md" maw="45vw">
          {name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          Token “{name}”, role {role}
        </Menu.Label>
        {schemes.map(([scheme, label]) => (
          <Menu.Item
            key={scheme}
            role="menuitemradio"
            aria-checked={colorScheme === scheme}
            onClick={() => setColorScheme(scheme)}
          >
            {colorScheme === scheme ? `✓ ${label}` : label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => signOut.mutate(undefined, { onError: sayStillSignedIn })}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
