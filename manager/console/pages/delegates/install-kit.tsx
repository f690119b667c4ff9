import { List, Stack, Text, Title } from '@mantine/core';
import { CopyText } from '../../parts/copy-text.tsx';
import { FirstHeartbeat } from './first-heartbeat.tsx';
import type { Made } from './use-install.ts';

/** What to do, with what, and whether it worked. */
export function InstallKit({ made, newToken }: { made: Made; newToken: string | undefined }) {
  const { kit } = made;
  return (
    <Stack gap="lg">
      <section aria-labelledby="files">
        <Title order={2} size="h3" id="files" mb="sm">
          Files
        </Title>
        <Stack>
          {newToken !== undefined && (
            <>
              <Text>
                The new token is written into the kit. It is shown this once; keep it if you need it elsewhere.
              </Text>
              <CopyText label="Token" text={newToken} />
            </>
          )}
          {kit.files.map(({ path, text }) => (
            <CopyText key={path} label={path} text={text} />
          ))}
        </Stack>
      </section>
      <section aria-labelledby="steps">
        <Title order={2} size="h3" id="steps" mb="sm">
          Steps
        </Title>
        <List type="ordered">
          {kit.steps.map((step) => (
            <List.Item key={step} style={{ overflowWrap: 'anywhere' }}>
              {step}
            </List.Item>
          ))}
        </List>
      </section>
      <section aria-labelledby="heartbeat">
        <Title order={2} size="h3" id="heartbeat" mb="sm">
          First heartbeat
        </Title>
        <FirstHeartbeat {...made} />
      </section>
    </Stack>
  );
}
