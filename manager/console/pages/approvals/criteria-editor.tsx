import { Button, Code, Fieldset, Group, SegmentedControl, Stack, Switch, Text, Textarea } from '@mantine/core';
import { type CriteriaDraft, describeDraft, type Row } from './criteria-draft.ts';
import { CriteriaRow } from './criteria-row.tsx';
import { type CriteriaFaults, cutAtFault } from './start-faults.ts';
import type { Field } from './use-metadata.ts';

interface CriteriaEditorProps {
  readonly legend: string;
  readonly about: string;
  readonly draft: CriteriaDraft;
  readonly fields: readonly Field[];
  readonly faults: CriteriaFaults;
  readonly onChange: (draft: CriteriaDraft) => void;
}

/** Criteria by conditions that are put together, or typed by hand. */
export function CriteriaEditor(props: CriteriaEditorProps) {
  const { legend, about, draft, onChange } = props;
  const setBy = (byHand: boolean) =>
    onChange({ ...draft, by: byHand ? 'text' : 'rows', text: draft.text || describeDraft(draft) });
  return (
    <Fieldset legend={legend}>
      <Stack gap="sm">
        <Text size="sm">{about}</Text>
        <Switch
          label="Type it by hand"
          checked={draft.by === 'text'}
          onChange={({ currentTarget }) => setBy(currentTarget.checked)}
        />
        {draft.by === 'text' ? <ByHand {...props} /> : <ByRows {...props} />}
      </Stack>
    </Fieldset>
  );
}

function ByRows({ legend, draft, fields, faults, onChange }: CriteriaEditorProps) {
  const { rows, join } = draft;
  const readable = describeDraft(draft);
  const setRows = (next: readonly Row[]) => onChange({ ...draft, rows: next });
  const add = () => {
    const key = Math.max(-1, ...rows.map((row) => row.key)) + 1;
    setRows([...rows, { key, field: '', operator: 'equals', values: [] }]);
  };
  return (
    <>
      {rows.length > 1 && (
        <SegmentedControl
          aria-label={`${legend}: how many conditions must hold`}
          data={[
            { value: 'all', label: 'All must hold' },
            { value: 'any', label: 'Any one will do' },
          ]}
          value={join}
          onChange={(next) => onChange({ ...draft, join: next })}
        />
      )}
      {rows.map((row, index) => (
        <CriteriaRow
          key={row.key}
          row={row}
          name={`Condition ${index + 1}`}
          fields={fields}
          fault={faults.rows.get(index)}
          onChange={(next) => setRows(rows.map((each) => (each === row ? next : each)))}
          onRemove={() => setRows(rows.filter((each) => each !== row))}
        />
      ))}
      <Group>
        <Button variant="default" onClick={add}>
          Add a condition
        </Button>
      </Group>
      {faults.whole.length > 0 && (
        <Text role="alert" size="sm" c="var(--mantine-color-error)">
          {faults.whole.join('; ')}
        </Text>
      )}
      {readable !== '' && (
        <Text size="sm">
          It reads: <Code>{readable}</Code>
        </Text>
      )}
    </>
  );
}

function ByHand({ legend, draft, faults, onChange }: CriteriaEditorProps) {
  const fault = faults.whole.join('; ');
  const cut = fault === '' ? undefined : cutAtFault(draft.text, fault);
  return (
    <>
      <Textarea
        label={`${legend}, by hand`}
        description="Such as: state = Scheduled and approval in (approved, not_required). After cel: an expression in CEL. The conditions put together before stay as they were."
        value={draft.text}
        onChange={({ currentTarget }) => onChange({ ...draft, text: currentTarget.value })}
        error={fault || undefined}
        ff="monospace"
        spellCheck={false}
        autosize
        minRows={2}
      />
      {cut && (
        <Text size="sm">
          Reading stopped here:{' '}
          <Code>
            {cut.before}
            <mark>{cut.at.trim() === '' ? '▁' : cut.at}</mark>
            {cut.after}
          </Code>
        </Text>
      )}
    </>
  );
}
