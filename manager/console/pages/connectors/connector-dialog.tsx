import { Button, Checkbox, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { faultsByField } from '../../parts/form-faults.ts';
import { placeFaults } from '../../parts/place-faults.ts';
import { useSecrets } from '../../parts/use-secrets.ts';
import type { Connector } from './api-shapes.ts';
import { authenticationKinds, kindOf } from './authentication-kinds.ts';
import {
  bodyOf,
  type ConnectorValues,
  emptyValues,
  faultyFields,
  scopeInWords,
  secretsIn,
  suggestSecretName,
  valuesOf,
} from './connector-form.ts';
import { DialogResult } from './dialog-result.tsx';
import { SecretField } from './secret-field.tsx';
import { SelectorField } from './selector-field.tsx';
import { useCancelTest, useFollowedTask, useStoreConnector, useTestDraft } from './use-connectors.ts';

interface ConnectorDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  /** The one to change; without it a new one is added. */
  readonly connector?: Connector;
}

export function ConnectorDialog({ opened, onClose, connector }: ConnectorDialogProps) {
  const title = connector ? `Edit ${connector.name}` : 'Add Collaboration Provider';
  return (
    <Dialog title={title} opened={opened} onClose={onClose} size="lg" held="against-clicks">
      <ConnectorForm connector={connector} onClose={onClose} />
    </Dialog>
  );
}

function ConnectorForm({ connector, onClose }: { connector: Connector | undefined; onClose: () => void }) {
  const form = useForm<ConnectorValues>({ initialValues: connector ? valuesOf(connector) : emptyValues });
  const [skipValidation, setSkipValidation] = useState(false);
  const [triedBody, setTriedBody] = useState('');
  const secrets = useSecrets().data?.items ?? [];
  const test = useTestDraft();
  // What the form began with: that it has changed since must be told, not taken for what was looked at.
  const [before] = useState(connector);
  const store = useStoreConnector(before);
  const cancel = useCancelTest();
  const request = useAbortOnLeave();
  const body = bodyOf(form.values);
  const tested = useFollowedTask(test.data);
  const isTesting = test.isPending || (tested !== undefined && tested.outcome === undefined);
  const isBusy = isTesting || store.isPending;

  const begin = () => {
    test.reset();
    store.reset();
    form.clearErrors();
    setTriedBody(JSON.stringify(body));
    return request.begin();
  };
  const placeErrors = (error: Error) => {
    const placed = placeFaults(faultsByField(error), faultyFields);
    if (error instanceof ApiError && error.problem.code === 'connector-name-taken') placed.name = error.message;
    form.setErrors(placed);
    const first = faultyFields.find((field) => placed[field] !== undefined);
    if (first !== undefined) form.getInputNode(first)?.focus();
  };
  const runTest = () => test.mutate({ body, signal: begin() }, { onError: placeErrors });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    store.mutate(
      { body, skipValidation, signal: begin() },
      {
        onError: placeErrors,
        onSuccess: ({ name }) => {
          notifications.show({ message: `Collaboration provider ${name} is stored.` });
          onClose();
        },
      },
    );
  };
  const stop = () => {
    request.abort();
    if (tested && isTesting) cancel.mutate(tested.id);
    test.reset();
    store.reset();
  };

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <NativeSelect label="Type" data={[{ value: 'servicenow', label: 'ServiceNow' }]} />
        <TextInput
          label="Display Name"
          withAsterisk
          data-autofocus
          autoComplete="off"
          key={form.key('name')}
          {...form.getInputProps('name')}
        />
        <TextInput
          label="Base URL"
          description="Such as https://example.service-now.com/"
          withAsterisk
          inputMode="url"
          autoComplete="off"
          key={form.key('baseUrl')}
          {...form.getInputProps('baseUrl')}
        />
        <NativeSelect
          label="Authentication"
          data={authenticationKinds.map(({ kind, label }) => ({ value: kind, label }))}
          key={form.key('authentication.kind')}
          {...form.getInputProps('authentication.kind')}
        />
        {kindOf(form.values.authentication.kind).fields.map(({ name, label, isSecret, isOptional }) => {
          const path = `authentication.${name}`;
          const { error, ...input } = form.getInputProps(path);
          if (!isSecret)
            return <TextInput key={name} label={label} withAsterisk autoComplete="off" error={error} {...input} />;
          return (
            <SecretField
              key={name}
              label={label}
              isOptional={isOptional}
              secrets={secrets}
              value={form.values.authentication[name]}
              onChange={input.onChange}
              error={typeof error === 'string' ? error : undefined}
              suggestedName={suggestSecretName(form.values.name, name)}
            />
          );
        })}
        <SelectorField
          value={form.values.selectors}
          onChange={(selectors) => form.setFieldValue('selectors', selectors)}
          error={typeof form.errors.selectors === 'string' ? form.errors.selectors : undefined}
        />
        <Checkbox
          label="Skip Validation"
          description="Stores it without a test."
          checked={skipValidation}
          onChange={({ currentTarget }) => setSkipValidation(currentTarget.checked)}
        />
        <div>
          <Text size="sm" fw={600}>
            Usage Scope
          </Text>
          <Text size="sm" role="status" aria-label="Usage Scope">
            {scopeInWords(secretsIn(form.values), secrets)}
          </Text>
        </div>
        <DialogResult
          test={test}
          tested={tested}
          store={store}
          hasChanged={triedBody !== JSON.stringify(body)}
          isPending={isTesting || (store.isPending && !skipValidation)}
          onStop={stop}
        />
        <Group justify="space-between">
          <Button variant="default" onClick={runTest} loading={isTesting} disabled={store.isPending}>
            Test
          </Button>
          <Group gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={store.isPending} disabled={isTesting}>
              Submit
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}

/** One request at a time; whoever leaves takes it back, and the manager cancels the test. */
function useAbortOnLeave() {
  const current = useRef<AbortController>(undefined);
  useEffect(() => () => current.current?.abort(), []);
  return {
    begin: (): AbortSignal => {
      current.current?.abort();
      current.current = new AbortController();
      return current.current.signal;
    },
    abort: () => current.current?.abort(),
  };
}
