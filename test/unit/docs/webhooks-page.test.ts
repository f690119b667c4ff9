import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { approvalStates } from '#protocol/approval.ts';
import { deliveryStates } from '#protocol/delivery.ts';
import { formatDuration } from '#runtime/duration.ts';
import { tryTimeoutMs } from '../../../manager/core/deliveries.ts';
import { delayAfter, mostTries } from '../../../manager/core/delivery-policy.ts';
import { readAllowed } from '../../../manager/webhooks/address-guard.ts';
import { signer } from '../../../manager/webhooks/signature.ts';
import { temporaryDirectory } from '../../support/directory.ts';
import { codeBlocks, readTables, tableUnder } from './markdown-table.ts';
import { readPage } from './pages.ts';

const page = readPage('docs/webhooks.md');
const body = '{"type":"approval.approved","data":{"id":"apr_1","rule":"ü \\"x\\" $HOME `y` %s \\\\n"}}';
const secrets = [
  `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`,
  'any text, with ü and $HOME in it, that is long enough',
];

function sign(secret: string, at = Date.now()) {
  return signer.sign(secret, { id: 'msg_apr_1', at, body });
}

describe('the page about webhooks', () => {
  it.each(secrets)('verifies in Node what the manager signs, and nothing else: %s', async (secret) => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, 'verify.mjs');
    await writeFile(file, codeBlocks(page, 'js').join('\n'));
    const { isGenuine } = (await import(pathToFileURL(file).href)) as {
      isGenuine: (secret: string, headers: Record<string, string>, body: string) => boolean;
    };
    const headers = sign(secret);
    expect(isGenuine(secret, headers, body)).toBe(true);
    const two = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` };
    expect(isGenuine(secret, two, body)).toBe(true);
    expect(isGenuine(secret, headers, `${body} `)).toBe(false);
    expect(isGenuine(`${secret.slice(0, -2)}x=`, headers, body)).toBe(false);
    expect(isGenuine(secret, { ...headers, 'webhook-id': 'msg_apr_2' }, body)).toBe(false);
    expect(isGenuine(secret, sign(secret, Date.now() - 600_000), body)).toBe(false);
    expect(isGenuine(secret, { ...headers, 'webhook-timestamp': 'x' }, body)).toBe(false);
    expect(isGenuine(secret, {}, body)).toBe(false);
  });

  it.each(secrets)('verifies in a shell what the manager signs, and nothing else: %s', async (secret) => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, 'body.json'), body);
    const run = (headers: Record<string, string>) => {
      const env = {
        PATH: process.env.PATH,
        SECRET: secret,
        ID: headers['webhook-id'],
        TIMESTAMP: headers['webhook-timestamp'],
        SIGNATURE: headers['webhook-signature'],
      };
      const script = codeBlocks(page, 'sh').join('\n');
      const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
        cwd: directory.path,
        env,
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      return [status, stdout];
    };
    expect(run(sign(secret))).toEqual([0, 'genuine\n']);
    expect(run({ ...sign(secret), 'webhook-id': 'msg_apr_2' })).toEqual([1, 'not genuine\n']);
    expect(run(sign(secret, Date.now() - 600_000))).toEqual([1, 'too old\n']);
  });

  it('tells the times of the tries, and how long one may take', () => {
    const delays = Array.from({ length: mostTries - 1 }, (_, index) => formatDuration(delayAfter(index + 1, 0.5) ?? 0));
    expect(page).toContain(`at once, then ${delays.join(', ')} after the one before`);
    expect(page).toContain(`does not answer within ${tryTimeoutMs / 1_000} s`);
  });

  it('names every type of message, and every state of a delivery', () => {
    const ends = approvalStates.filter((state) => state !== 'waiting').map((state) => `\`approval.${state}\``);
    for (const end of ends) expect(page).toContain(end);
    const states = readTables(page).find(({ header }) => header[0] === 'state');
    expect(states?.rows.map(([state]) => state)).toEqual([...deliveryStates]);
  });

  it('shows entries of --webhook-allow that can be read', () => {
    const entries = tableUnder(page, 'Where webhooks may go').rows.flatMap(([cell]) => (cell ?? '').split(', '));
    for (const entry of entries) expect(readAllowed(entry.replaceAll('`', '')), entry).toBeDefined();
  });
});
