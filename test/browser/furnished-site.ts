import { startSite } from '../support/site.ts';
import type { Ids } from './every-page.ts';

/** A site in which every page has something to show. */
export async function startFurnishedSite() {
  const site = await startSite();
  const { call } = site.manager;
  const number = await site.createChange();
  const waiting = await site.startApproval({ number, reject: 'approval = rejected' });
  const opened = await site.createChange();
  const ended = await site.startApproval({ number: opened });
  await site.simulator.approve(opened);
  await site.approvalEnd(ended.body.id);
  const { body: untaken } = await call('POST', '/tasks', {
    type: 'ticket.read',
    connector: 'snow',
    selectors: ['dc9'],
    params: { table: 'change_request', numbers: [number], fields: ['state'] },
  });
  await call('POST', '/api-tokens', { name: 'pipeline-eu', role: 'pipeline', expires: '90d' });
  const ids: Ids = {
    approval: waiting.body.id,
    task: untaken.id,
    delegate: (await call('GET', '/delegates')).body.items[0].id,
    connector: (await call('GET', '/connectors')).body.items[0].id,
  };
  return { ...site, ids };
}
