import { Button, Code } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMay } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { TextLink } from '../../parts/links.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { describeScope } from '../../parts/usage-scope.ts';
import type { Connector } from './api-shapes.ts';
import { ConnectorDialog } from './connector-dialog.tsx';
import { LastTest } from './last-test.tsx';
import { Place } from './place.tsx';
import { useConnectors } from './use-connectors.ts';

export function ConnectorsPage() {
  const query = useConnectors();
  const mayAdd = useMay('admin');
  const [isAdding, { open, close }] = useDisclosure(false);
  return (
    <Page
      title="Collaboration Providers"
      above={<Place />}
      about="The ServiceNow instances that your delegates work with, and how they log in there."
      actions={mayAdd && <Button onClick={open}>Add Collaboration Provider</Button>}
    >
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <NoConnectors mayAdd={mayAdd} />
          ) : (
            <DataTable
              label="Collaboration Providers"
              keyOf={({ id }) => id}
              rows={items.toSorted((one, other) => one.name.localeCompare(other.name))}
              columns={columns}
            />
          )
        }
      </Loaded>
      {mayAdd && <ConnectorDialog opened={isAdding} onClose={close} />}
    </Page>
  );
}

function NoConnectors({ mayAdd }: { mayAdd: boolean }) {
  return (
    <EmptyState title="There is no collaboration provider">
      {mayAdd
        ? 'Add one: you need the address of your instance, a user of it, and a delegate that reaches it.'
        : 'Tickets and approvals need one. Ask an administrator to add it.'}
    </EmptyState>
  );
}

const columns = [
  {
    header: 'Name',
    cell: ({ id, name }: Connector) => (
      <TextLink size="sm" to="/connectors/$connectorId" params={{ connectorId: id }}>
        {name}
      </TextLink>
    ),
  },
  { header: 'Base URL', cell: ({ baseUrl }: Connector) => <Code>{baseUrl}</Code> },
  { header: 'Usage Scope', cell: ({ scope }: Connector) => (scope ? describeScope(scope) : 'none') },
  {
    header: 'Selectors',
    cell: ({ selectors }: Connector) => (selectors.length === 0 ? 'any delegate' : selectors.join(', ')),
  },
  { header: 'Last test', cell: (connector: Connector) => <LastTest connector={connector} /> },
];
