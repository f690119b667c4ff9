import { Button, Checkbox, Group, NativeSelect, PasswordInput, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMay } from '../../api/session.ts';
import { faultsByField } from '../../parts/form-faults.ts';
import { TextLink } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { InstallKit } from './install-kit.tsx';
import { type KitKind, useMakeKit, useMakeToken } from './use-install.ts';

const kinds: readonly { value: KitKind; label: string }[] = [
  { value: 'docker', label: 'Docker' },
  { value: 'compose', label: 'Docker Compose' },
  { value: 'kubernetes', label: 'Kubernetes' },
  { value: 'helm', label: 'Helm' },
  { value: 'systemd', label: 'systemd' },
  { value: 'shell', label: 'Shell' },
];

const beginning = {
  kind: 'docker' as KitKind,
  name: '',
  tags: '',
  managerUrl: '',
  tokenFrom: 'new' as 'new' | 'known',
  tokenName: '',
  expires: '90d',
  requiresApproval: false,
  token: '',
};

export function InstallPage() {
  return (
    <Page
      title="Install a delegate"
      above={<TextLink to="/delegates">Delegates</TextLink>}
      about="It runs where ServiceNow can be reached, and dials out to this manager. Nothing dials in to it."
    >
      {useMay('admin') ? <Installing /> : <Text>An administrator makes install kits: they hold a token.</Text>}
    </Page>
  );
}

function Installing() {
  const form = useForm({ initialValues: { ...beginning, managerUrl: location.origin } });
  const makeToken = useMakeToken();
  const makeKit = useMakeKit();
  const { values } = form;
  const faults = faultsByField(makeKit.error);
  // A token that was made stays the one to use when the kit is made anew, as another kind or with another name.
  const newToken = values.tokenFrom === 'new' ? makeToken.data?.token : undefined;

  const submit = form.onSubmit(async ({ kind, name, tags, managerUrl, tokenName, expires, requiresApproval }) => {
    try {
      const token =
        values.tokenFrom === 'known'
          ? values.token.trim()
          : (newToken ??
            (
              await makeToken.mutateAsync({
                name: tokenName.trim() || `delegate-${name.trim()}`,
                ...(expires.trim() === '' ? {} : { expires: expires.trim() }),
                ...(requiresApproval ? { requiresApproval } : {}),
              })
            ).token);
      const body = { name: name.trim(), tags: splitTags(tags), managerUrl: managerUrl.trim(), token };
      await makeKit.mutateAsync({ kind, body });
    } catch {
      // Each of the two shows its own error below.
    }
  });

  return (
    <Stack gap="lg">
      <form onSubmit={submit}>
        <Stack maw={560}>
          <NativeSelect label="Kind" data={[...kinds]} {...form.getInputProps('kind')} />
          <TextInput
            label="Name"
            description="One of its tags as well. No two delegates that live have the same."
            required
            {...form.getInputProps('name')}
            error={faults.name}
          />
          <TextInput
            label="Tags"
            description="What tasks select it by, with commas between, such as eu, prod"
            {...form.getInputProps('tags')}
            error={faults.tags}
          />
          <TextInput
            label="Address of this manager"
            description="As the machine of the delegate reaches it"
            required
            {...form.getInputProps('managerUrl')}
            error={faults.managerUrl}
          />
          <Radio.Group label="Delegate token" {...form.getInputProps('tokenFrom')}>
            <Group mt={4}>
              <Radio value="new" label="Make a new one" />
              <Radio value="known" label="Use one that I have" />
            </Group>
          </Radio.Group>
          {values.tokenFrom === 'known' && (
            <PasswordInput
              label="Text of the token"
              description="It begins with tgd_. The manager knows its hash only."
              autoComplete="off"
              required
              {...form.getInputProps('token')}
              error={faults.token}
            />
          )}
          {values.tokenFrom === 'new' && newToken === undefined && (
            <>
              <TextInput
                label="Name of the token"
                description="delegate- and the name of the delegate, if left empty"
                {...form.getInputProps('tokenName')}
              />
              <TextInput
                label="Expires"
                description="Such as 90d; without end if left empty"
                {...form.getInputProps('expires')}
              />
              <Checkbox
                label="Its delegates wait for an administrator's approval"
                {...form.getInputProps('requiresApproval', { type: 'checkbox' })}
              />
            </>
          )}
          {makeToken.error && <ProblemAlert error={makeToken.error} title="No token was made" />}
          {makeKit.error && <ProblemAlert error={makeKit.error} title="No kit was made" />}
          <Group>
            <Button type="submit" loading={makeToken.isPending || makeKit.isPending}>
              Make the kit
            </Button>
          </Group>
        </Stack>
      </form>
      {makeKit.data && <InstallKit made={makeKit.data} newToken={newToken} />}
    </Stack>
  );
}

function splitTags(text: string): string[] {
  return text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}
