import { Button, Code, Group, Text, Title } from '@mantine/core';
import { type Fact, Facts } from '../../parts/facts.tsx';
import { TextLink } from '../../parts/links.tsx';
import { When } from '../../parts/when.tsx';
import { ticketName } from './approval-words.ts';
import { saveAsFile } from './save-as-file.ts';
import type { Approval, Evidence } from './use-approvals.ts';

interface EvidenceProps {
  readonly approval: Approval;
  readonly evidence: Evidence;
}

/** Why it ended so, and how that is known; the snapshot of the ticket stands beside the criteria. */
export function EvidenceSection({ approval, evidence }: EvidenceProps) {
  const { reading } = evidence;
  return (
    <section aria-labelledby="evidence">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h3" id="evidence">
          Evidence
        </Title>
        <Button variant="default" onClick={() => save(approval)}>
          Save as a JSON file
        </Button>
      </Group>
      <Facts facts={factsOf(evidence)} />
      {!reading && <Text>No reading of the ticket had succeeded.</Text>}
    </section>
  );
}

function factsOf({ rule, decidedAt, reading }: Evidence): Fact[] {
  const decided: Fact[] = [
    ['Rule', <Code key="rule">{rule}</Code>],
    ['Decided', <When key="decided" at={decidedAt} />],
  ];
  if (!reading) return decided;
  const { delegateId, delegateName, taskId, attempt, readAt, requestIds = [] } = reading;
  return [
    ...decided,
    ['Ticket read', <When key="read" at={readAt} />],
    [
      'By delegate',
      <TextLink key="delegate" to="/delegates/$delegateId" params={{ delegateId }}>
        {delegateName}
      </TextLink>,
    ],
    [
      'In task',
      <span key="task">
        <TextLink to="/tasks/$taskId" params={{ taskId }}>
          {taskId}
        </TextLink>
        , attempt {attempt}; such tasks are kept for ten minutes
      </span>,
    ],
    ["ServiceNow's ids of the requests", requestIds.length === 0 ? 'not told' : requestIds.join(', ')],
  ];
}

function save(approval: Approval): void {
  saveAsFile(`approval-${ticketName(approval.ticket)}-${approval.id}.json`, `${JSON.stringify(approval, null, 2)}\n`);
}
