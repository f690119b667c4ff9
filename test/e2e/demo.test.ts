import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCli, startCli } from '../support/programs.ts';

describe('ticketgate demo', () => {
  it('holds in every step, prints its figures, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await runCli(['demo']);
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    const steps = [
      'start',
      'delegates',
      'connector',
      'change ticket',
      'same idempotency key again',
      'gate',
      'gate opens',
    ];
    for (const step of [...steps, 'exactly one ticket', 'no password at rest']) expect(stdout).toContain(`✓ ${step}: `);
    expect(stdout).toMatch(/gate: apr_\w+ waits for Ada Approver/);
    expect(stdout).toMatch(/connection test +\d+ ms from submission to outcome/);
    expect(stdout).toMatch(/requests to ServiceNow +\d+ \(/);
    expect(stdout).toMatch(/memory .*manager \d+ MB.*redis \d+ MB.*delegate-south \d+ MB/);
    expect(stdout).not.toContain('integration-password');
  }, 60_000);

  it('names the 401 when the password is wrong, and exits with 1', async () => {
    const { code, stdout, stderr } = await runCli(['demo', '--password', 'not-the-password']);
    expect(code, stdout).toBe(1);
    expect(stderr).toContain('✗ connector: this step did not hold');
    expect(stderr).toContain('HTTP 401');
    expect(stderr).toContain('check in this order: the user name and the password');
    expect(stdout).not.toContain('✓ change ticket');
  }, 60_000);

  it('with --keep leaves everything running until it is told to end', async () => {
    await using demo = startCli(['demo', '--keep', '--json']);
    const documents: Record<string, unknown>[] = [];
    const ready = Promise.withResolvers<Record<string, unknown>>();
    demo.child.stdout?.on('data', (chunk: Buffer) => {
      for (const line of String(chunk).trim().split('\n')) documents.push(JSON.parse(line));
      const found = documents.find(({ event }) => event === 'ready');
      if (found) ready.resolve(found);
    });
    const { url, directory } = await ready.promise;
    expect(documents.filter(({ ok }) => ok === false)).toEqual([]);
    expect((await fetch(`${url}/live`)).status).toBe(200);
    demo.child.kill('SIGINT');
    expect((await demo.result).code).toBe(0);
    expect(existsSync(String(directory))).toBe(false);
    await expect(fetch(`${url}/live`)).rejects.toThrow('fetch failed');
  }, 60_000);
});
