import { Anchor, Button, Center, Code, Modal, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useSignIn } from '../api/session.ts';
import { ProblemAlert } from '../parts/problem-alert.tsx';

/** Asks for an API token in place of the page that was asked for, which is shown after it. */
export function SignIn() {
  return (
    <Center mih="100dvh" p="md">
      <Paper component="main" withBorder p="xl" w="100%" maw={440}>
        <Stack>
          <Title order={1} size="h2">
            Sign in to Ticketgate
          </Title>
          <TokenForm />
        </Stack>
      </Paper>
    </Center>
  );
}

/** Above all dialogs. */
const zIndex = 1_000;

/** Asks before the page of one whose token has expired or was revoked, which waits behind. */
export function SignInAgain() {
  return (
    <Modal
      opened
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      fullScreen
      zIndex={zIndex}
      title={
        <Text span fw={600}>
          Sign in to Ticketgate again
        </Text>
      }
    >
      <Stack maw={440} mx="auto">
        <Text>Your session has ended. What you were doing is still there once you have signed in.</Text>
        <TokenForm />
      </Stack>
    </Modal>
  );
}

function TokenForm() {
  const [token, setToken] = useState('');
  const signIn = useSignIn();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate(token.trim());
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <PasswordInput
          label="API token"
          description="It begins with tga_, unless the operator chose it."
          value={token}
          onChange={({ currentTarget }) => setToken(currentTarget.value)}
          autoComplete="current-password"
          required
          data-autofocus
        />
        {signIn.error && <ProblemAlert error={signIn.error} title="Not signed in" />}
        <Button type="submit" loading={signIn.isPending}>
          Sign in
        </Button>
        <Text size="sm" c="dimmed">
          The first start of a manager writes an admin token to <Code>admin-token</Code> in its data directory. For
          others an administrator makes tokens, here or with <Code>ticketgate api-token create</Code>. The API is
          described at <Anchor href="/api/v1/openapi.json">/api/v1/openapi.json</Anchor>.
        </Text>
      </Stack>
    </form>
  );
}
