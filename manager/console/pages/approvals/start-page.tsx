import { useMay } from '../../api/session.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { TextLink } from '../../parts/links.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { StartForm } from './start-form.tsx';
import { useConnectors } from './use-approvals.ts';

export function StartPage() {
  const mayStart = useMay('pipeline');
  const connectors = useConnectors();
  return (
    <Page
      title="Start an approval"
      above={<TextLink to="/approvals">Approvals</TextLink>}
      about="A gate that waits for one ticket. A pipeline does the same by one command; here it is done by hand."
    >
      {mayStart ? (
        <Loaded query={connectors}>
          {({ items }) => (items.length === 0 ? <NoConnectors /> : <StartForm connectors={items} />)}
        </Loaded>
      ) : (
        <EmptyState title="Your token may not start an approval">
          It needs the role pipeline. An administrator makes such a token.
        </EmptyState>
      )}
    </Page>
  );
}

function NoConnectors() {
  return (
    <EmptyState title="There is no connector yet">
      A connector says which ServiceNow instance a ticket is in. An administrator adds one under{' '}
      <TextLink to="/connectors">Connectors</TextLink>.
    </EmptyState>
  );
}
