import { isDeepStrictEqual } from 'node:util';
import type { ApprovalView } from '#protocol/approval.ts';
import { type Violation, violation } from '../violation.ts';
import type { GateSnapshot } from './gate-snapshot.ts';
import type { Delivery } from './webhook-receiver.ts';
import { fieldsOfDelivery } from './webhooks.ts';

/**
 * The end of each approval with a webhook is told, signed, and under one id however often; nothing is told of one that
 * waits. What was told is what the API shows.
 */
export function checkDeliveries({ gates, shown, idsOf, deliveries, isLast }: GateSnapshot): Violation[] {
  const views = new Map(shown.map(({ view }) => [view.id, view]));
  const told = deliveries.flatMap((delivery) => checkDelivery(delivery, views));
  const untold = gates.flatMap(({ marker, planned }) =>
    (idsOf.get(marker) ?? []).flatMap((id) => {
      const view = views.get(id);
      if (!planned.webhook || !isLast || !view || view.state === 'waiting') return [];
      const taken = deliveries.filter(
        (each) => each.marker === marker && idIn(each) === id && each.answered === 'taken',
      );
      return taken.length > 0
        ? []
        : [violation('webhook-told', `${marker}: nobody was told that it ${view.state}`, view)];
    }),
  );
  return [...told, ...untold, ...checkIds(deliveries)];
}

function checkDelivery(delivery: Delivery, views: ReadonlyMap<string, ApprovalView>): Violation[] {
  const { marker, isSigned, webhookId, body } = delivery;
  const faults: string[] = [];
  if (!isSigned) faults.push('is not signed');
  if (webhookId === '') faults.push('has no id');
  const data = dataIn(body);
  if (data === undefined) faults.push('tells of no approval');
  const view = views.get(idIn(delivery));
  // One that ended in an earlier run is not shown each time.
  if (view && !isDeepStrictEqual(settled(data), settled(view))) faults.push('tells other than the API shows');
  return faults.map((fault) => violation('webhook-as-shown', `${marker}: a delivery ${fault}`, { delivery, view }));
}

function checkIds(deliveries: readonly Delivery[]): Violation[] {
  const byApproval = Map.groupBy(deliveries, idIn);
  const several = [...byApproval].flatMap(([id, of]) => {
    const webhookIds = new Set(of.map(({ webhookId }) => webhookId));
    return webhookIds.size === 1
      ? []
      : [violation('webhook-one-id', `${id} was told under ${webhookIds.size} ids`, [...webhookIds])];
  });
  const byWebhookId = Map.groupBy(deliveries, ({ webhookId }) => webhookId);
  const shared = [...byWebhookId].flatMap(([webhookId, of]) => {
    const ids = new Set(of.map(idIn));
    return ids.size === 1 ? [] : [violation('webhook-one-id', `${webhookId} stands for ${ids.size} ends`, [...ids])];
  });
  return [...several, ...shared];
}

/** The approval that a delivery tells of; empty when it tells of none. */
function idIn({ body }: Delivery): string {
  return String(dataIn(body)?.id ?? '');
}

function dataIn(body: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof body !== 'object' || body === null || !('data' in body)) return undefined;
  const { data } = body;
  return typeof data === 'object' && data !== null ? { ...data } : undefined;
}

/** What does not change any more once an approval has ended. */
function settled(view: Readonly<Record<string, unknown>> | undefined): unknown {
  return Object.fromEntries(Object.entries(view ?? {}).filter(([name]) => !fieldsOfDelivery.has(name)));
}
