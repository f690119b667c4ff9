import type { ConnectorDocument } from './connector-record.ts';
import type { Standing } from './delegates.ts';
import type { DocumentStore } from './documents.ts';
import type { Reachability } from './reachability.ts';

export interface HistoryItem {
  readonly baseUrl: string;
  readonly standing: Standing;
}

/** What is known of a delegate's way to each instance that a connector names, by base URL. */
export async function readHistory(
  delegateId: string,
  { connectors, reach }: { connectors: Pick<DocumentStore<ConnectorDocument>, 'list'>; reach: Reachability },
): Promise<HistoryItem[]> {
  const baseUrls = new Set((await connectors.list()).map(({ baseUrl }) => baseUrl));
  return Promise.all(
    [...baseUrls].sort().map(async (baseUrl) => {
      await reach.read(baseUrl);
      // Only what was found out: that an old delegate is trusted unchecked is no history.
      return { baseUrl, standing: reach.standingOf(baseUrl, { id: delegateId, features: ['reach-check'] }) };
    }),
  );
}
