import { Alert, Button, Checkbox, Fieldset, Group, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { CriteriaEditor } from './criteria-editor.tsx';
import { NamedInput } from './named-input.tsx';
import { emptyValues, type StartValues, toBody, type Unfinished } from './start-body.ts';
import { type CriteriaFaults, sortFaults } from './start-faults.ts';
import { newStartKey } from './start-key.ts';
import { useStartApproval } from './use-approvals.ts';
import { isDateTime, useFields, useTables } from './use-metadata.ts';
import { Warnings } from './warnings.tsx';
import { WebhookFields } from './webhook-fields.tsx';

interface StartFormProps {
  readonly connectors: readonly { readonly id: string; readonly name: string }[];
}

/** What is typed is asked for once typing pauses: each reading is a task. */
const pauseMs = 400;

const nothingUnfinished: Unfinished = { fields: {}, rows: { approve: new Map(), reject: new Map() } };

export function StartForm({ connectors }: StartFormProps) {
  const [only] = connectors.length === 1 ? connectors : [];
  const [values, setValues] = useState<StartValues>({ ...emptyValues, connector: only?.id ?? '' });
  const [unfinished, setUnfinished] = useState(nothingUnfinished);
  const navigate = useNavigate();
  const start = useStartApproval();
  const startKey = useRef(newStartKey());
  const form = useRef<HTMLFormElement>(null);

  const [askedTable] = useDebouncedValue(values.table.trim(), pauseMs);
  const tables = useTables(values.connector);
  const fieldsQuery = useFields(values.connector, askedTable);
  const fields = fieldsQuery.data?.items ?? [];
  const metadataFault = fieldsQuery.error ?? tables.error;

  const set = (change: Partial<StartValues>) => setValues((before) => ({ ...before, ...change }));
  const told = sortFaults(start.error);
  const faultOf = (field: keyof StartValues, ...paths: string[]) =>
    unfinished.fields[field] ?? paths.map(told.of).find((fault) => fault !== undefined);
  const criteriaFaults = (name: 'approve' | 'reject'): CriteriaFaults => {
    const { rows, whole } = told.criteriaAt(name);
    const missing = unfinished.fields[name];
    return {
      rows: new Map([...rows, ...unfinished.rows[name]]),
      whole: missing === undefined ? whole : [missing],
    };
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    start.reset();
    const read = toBody(values);
    setUnfinished('unfinished' in read ? read.unfinished : nothingUnfinished);
    if ('unfinished' in read) return;
    start.mutate(
      { body: read.body, key: startKey.current(read.body) },
      {
        onSuccess: ({ id }) => navigate({ to: '/approvals/$approvalId', params: { approvalId: id } }),
      },
    );
  };

  useEffect(() => {
    if (start.error || unfinished !== nothingUnfinished)
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [start.error, unfinished]);

  return (
    <form ref={form} onSubmit={submit} noValidate aria-label="Start an approval">
      <Stack maw={900}>
        <Fieldset legend="Ticket">
          <SimpleGrid cols={{ base: 1, sm: 3 }}>
            <Select
              label="Connector"
              data={connectors.map(({ id, name }) => ({ value: id, label: name }))}
              value={values.connector || null}
              onChange={(connector) => set({ connector: connector ?? '' })}
              error={faultOf('connector', 'connector')}
              searchable
              required
            />
            <NamedInput
              label="Table"
              description={tables.isFetching ? 'Reading the tables…' : undefined}
              placeholder="change_request"
              items={tables.data?.items.filter(({ kind }) => kind === 'ticket') ?? []}
              value={values.table}
              onChange={(table) => set({ table })}
              error={faultOf('table', 'table')}
              required
            />
            <TextInput
              label="Ticket number"
              placeholder="CHG0030001"
              value={values.ticket}
              onChange={({ currentTarget }) => set({ ticket: currentTarget.value })}
              error={faultOf('ticket', 'number', 'sysId')}
              required
            />
          </SimpleGrid>
        </Fieldset>
        {metadataFault && (
          <ProblemAlert error={metadataFault} title="Tables or fields are not offered; type their names" isTriedAgain />
        )}
        <Warnings title="Not everything could be read" warnings={fieldsQuery.data?.warnings ?? []} />
        <CriteriaEditor
          legend="What approves"
          about={fieldsQuery.isFetching ? 'Reading the fields…' : 'The gate opens when this holds.'}
          draft={values.approve}
          fields={fields}
          faults={criteriaFaults('approve')}
          onChange={(approve) => set({ approve })}
        />
        <CriteriaEditor
          legend="What rejects"
          about="It is looked at first: a ticket that is both is not approved. Without a condition nothing rejects."
          draft={values.reject}
          fields={fields}
          faults={criteriaFaults('reject')}
          onChange={(reject) => set({ reject })}
        />
        <Fieldset legend="Change window">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <NamedInput
              label="Starts by the field"
              description="Empty: there is no window"
              items={fields.filter(isDateTime)}
              value={values.startField}
              onChange={(startField) => set({ startField })}
              error={faultOf('startField', 'window/startField', 'window')}
            />
            <NamedInput
              label="Ends by the field"
              description="At its end the window is over"
              items={fields.filter(isDateTime)}
              value={values.endField}
              onChange={(endField) => set({ endField })}
              error={faultOf('endField', 'window/endField')}
            />
          </SimpleGrid>
        </Fieldset>
        <Fieldset legend="Times">
          <SimpleGrid cols={{ base: 1, sm: 3 }}>
            {times.map(({ field, label, description }) => (
              <TextInput
                key={field}
                label={label}
                description={description}
                value={values[field]}
                onChange={({ currentTarget }) => set({ [field]: currentTarget.value })}
                error={faultOf(field, field)}
              />
            ))}
          </SimpleGrid>
        </Fieldset>
        <Fieldset legend="Where its end is told">
          <Stack gap="sm">
            <WebhookFields
              url={values.webhookUrl}
              secret={values.webhookSecret}
              urlFault={faultOf('webhookUrl', 'webhook/url')}
              secretFault={faultOf('webhookSecret', 'webhook/secret')}
              onChange={set}
            />
            <Checkbox
              label="Also note it on the ticket (work notes)"
              checked={values.workNotes}
              onChange={({ currentTarget }) => set({ workNotes: currentTarget.checked })}
            />
          </Stack>
        </Fieldset>
        {start.error &&
          (told.isAllPlaced ? (
            <Alert role="alert" color="red" variant="outline" title="Not started">
              Correct what is marked above.
            </Alert>
          ) : (
            <ProblemAlert error={start.error} title="Not started" />
          ))}
        <Group>
          <Button type="submit" loading={start.isPending}>
            Start the approval
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

const times = [
  { field: 'every', label: 'Look every', description: 'From 10s to 1d; 60s unless given' },
  { field: 'timeout', label: 'Give up after', description: 'Up to 3w 3d 20h 30m; 7d unless given' },
  {
    field: 'expectedDuration',
    label: 'What it holds up takes',
    description: 'Such as 45m: a shorter window is warned of',
  },
] as const;
