import { Alert, Button, Code, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { getRouteApi, Navigate, useNavigate } from '@tanstack/react-router';
import { useMay } from '../../api/session.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Explanation } from '../../parts/explanation.tsx';
import { type Fact, Facts } from '../../parts/facts.tsx';
import { TextLink } from '../../parts/links.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { describeScope } from '../../parts/usage-scope.ts';
import { When } from '../../parts/when.tsx';
import type { Connector, TestTask } from './api-shapes.ts';
import { kindOf } from './authentication-kinds.ts';
import { ConnectorDialog } from './connector-dialog.tsx';
import { valuesOf } from './connector-form.ts';
import { LastTest } from './last-test.tsx';
import { Place } from './place.tsx';
import { TestReport } from './test-report.tsx';
import { useConnector, useDeleteConnector, useFollowedTask, useTestConnector, useWhoCould } from './use-connectors.ts';

const route = getRouteApi('/connectors/$connectorId');

export function ConnectorPage() {
  const { connectorId } = route.useParams();
  const query = useConnector(connectorId);
  const test = useTestConnector(connectorId);
  const followed = useFollowedTask(test.data);
  const underWay = followed?.outcome === undefined ? followed : undefined;
  const mayTest = useMay('operator');
  const mayEdit = useMay('admin');
  const [isEditing, editing] = useDisclosure(false);
  const [isDeleting, deleting] = useDisclosure(false);
  const remove = useDeleteConnector(connectorId);
  const navigate = useNavigate();
  const connector = query.data;
  // An address with the name would lead nowhere once it has another.
  if (connector && connector.id !== connectorId)
    return <Navigate to="/connectors/$connectorId" params={{ connectorId: connector.id }} replace />;
  return (
    <Page
      title={connector?.name ?? 'Collaboration provider'}
      above={<Place within />}
      actions={
        connector && (
          <>
            {mayTest && (
              <Button
                variant="default"
                onClick={() => test.mutate()}
                loading={test.isPending || underWay !== undefined}
              >
                Re-test
              </Button>
            )}
            {mayEdit && (
              <>
                <Button variant="default" onClick={editing.open}>
                  Edit
                </Button>
                <Button variant="default" onClick={deleting.open}>
                  Delete
                </Button>
              </>
            )}
          </>
        )
      }
    >
      <Loaded query={query}>
        {(loaded) => <Details connector={loaded} testError={test.error} underWay={underWay} />}
      </Loaded>
      {connector && mayEdit && (
        <>
          <ConnectorDialog connector={connector} opened={isEditing} onClose={editing.close} />
          <ConfirmDialog
            title={`Delete ${connector.name}?`}
            label="Delete"
            opened={isDeleting}
            onClose={deleting.close}
            act={remove}
            onDone={() => void navigate({ to: '/connectors' })}
          >
            <Text size="sm">
              Pipelines that name it will be refused. Its secrets stay, and so do the tasks that were done with it.
            </Text>
          </ConfirmDialog>
        </>
      )}
    </Page>
  );
}

interface DetailsProps {
  readonly connector: Connector;
  readonly testError: Error | null;
  readonly underWay: TestTask | undefined;
}

function Details({ connector, testError, underWay }: DetailsProps) {
  const { baseUrl, selectors, scope, createdAt, updatedAt, lastTest } = connector;
  return (
    <Stack gap="lg">
      {scope === undefined && (
        <Alert variant="outline" color="red" title="It cannot be used">
          Its secrets have no scope in common any more, or one is gone. Edit it, and choose others.
        </Alert>
      )}
      <Facts
        facts={[
          ['Type', 'ServiceNow'],
          ['Base URL', <Code key="url">{baseUrl}</Code>],
          ['Authentication', kindOf(connector.authentication.kind).label],
          ...authenticationFacts(connector),
          ['Delegate Selectors', selectors.length === 0 ? 'none: any delegate' : selectors.join(', ')],
          ['Usage Scope', scope ? describeScope(scope) : 'none'],
          ['Added', <When key="added" at={createdAt} />],
          ['Changed', <When key="changed" at={updatedAt} />],
        ]}
      />
      <section aria-labelledby="last-test">
        <Title order={2} size="h3" id="last-test" mb="sm">
          Last test
        </Title>
        <Stack gap="sm" aria-live="polite">
          {underWay && <TestReport task={underWay} />}
          {testError && <ProblemAlert error={testError} title="Not tested" />}
          <LastTest connector={connector} />
          {lastTest && !underWay && <TestReport task={lastTest} isStateTold />}
          {!lastTest && !underWay && (
            <Text>It was stored with Skip Validation. Re-test it to know whether it works.</Text>
          )}
        </Stack>
      </section>
      {scope && <WhoCould connectorId={connector.id} />}
    </Stack>
  );
}

function WhoCould({ connectorId }: { connectorId: string }) {
  const query = useWhoCould(connectorId);
  return (
    <section aria-labelledby="who-could">
      <Title order={2} size="h3" id="who-could" mb="sm">
        Who could create a ticket with it now
      </Title>
      <Explanation query={query} />
    </section>
  );
}

function authenticationFacts(connector: Connector): Fact[] {
  const { authentication } = valuesOf(connector);
  return kindOf(authentication.kind).fields.flatMap(({ name, label, isSecret }) => {
    const value = authentication[name];
    if (value === '') return [];
    return [[label, isSecret ? <SecretLink key={name} name={value} /> : value] as const];
  });
}

function SecretLink({ name }: { name: string }) {
  return useMay('operator') ? <TextLink to="/secrets">{name}</TextLink> : name;
}
