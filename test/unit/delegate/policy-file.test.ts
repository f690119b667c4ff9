import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '#runtime/options.ts';
import { readPolicyFile } from '../../../delegate/policy-file.ts';
import { temporaryDirectory } from '../../support/directory.ts';

async function write(text: string) {
  const directory = await temporaryDirectory();
  const path = join(directory.path, 'policy.yaml');
  await writeFile(path, text);
  return { path, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

describe('a policy file', () => {
  it.each([
    [
      'hosts: [example.service-now.com, "*.example.com:8443"]',
      { hosts: ['example.service-now.com', '*.example.com:8443'] },
    ],
    ['taskTypes:\n  - ticket.read\n  - canary\n', { taskTypes: ['ticket.read', 'canary'] }],
    ['hosts: []\ntaskTypes: []', { hosts: [], taskTypes: [] }],
  ])('%j says what is allowed', async (text, policy) => {
    await using file = await write(text);
    expect(await readPolicyFile(file.path)).toEqual(policy);
  });

  it.each([
    ['', /expected the keys hosts and taskTypes, at least one of them$/],
    ['{}', /expected the keys hosts and taskTypes, at least one of them$/],
    ['- hosts', /expected the keys hosts and taskTypes/],
    ['host: [example.com]', /has unknown properties: host; expected the keys hosts and taskTypes/],
    ['hosts: example.com', /hosts: expected a list of at most 256 hosts .*, got "example.com"$/],
    ['hosts:', /hosts: expected a list of .*, got null$/],
    ['hosts: [a.example.com, "https://b.example.com"]', /hosts: .*, got "https:\/\/b\.example\.com" at position 2$/],
    ['hosts: ["*"]', /hosts: expected .*, got "\*" at position 1$/],
    ['hosts: [a.*.example.com]', /hosts: expected .* at position 1$/],
    ['hosts: [8]', /hosts: expected .*, got 8 at position 1$/],
    ['taskTypes: ticket.read', /taskTypes: expected a list of .*ticket\.read.*, got "ticket\.read"$/],
    ['taskTypes: [ticket.destroy]', /taskTypes: no task type "ticket\.destroy"; expected a list of .*ticket\.read/],
    ['hosts: [', /cannot be read: /],
    ['hosts: [a.example.com]\nhosts: [b.example.com]', /cannot be read: .*unique/],
    ['hosts:\n  - *.example.com\n', /cannot be read: .*; a host that begins with \* must stand in quotes$/],
    [
      `hosts: [${Array.from({ length: 256 }, () => `${'a'.repeat(100)}.example.com`)}]`,
      /hosts: \d+ bytes; expected at most 16384/,
    ],
  ])('%j is refused with its name, the key and what was expected', async (text, message) => {
    await using file = await write(text);
    const refused = await readPolicyFile(file.path).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UsageError);
    expect(refused).toHaveProperty('message', expect.stringMatching(message));
    expect(refused).toHaveProperty('message', expect.stringMatching(`^--policy ${file.path}`));
  });

  it('that is not there is refused', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'none.yaml');
    await expect(readPolicyFile(path)).rejects.toThrow(new RegExp(`^--policy ${path} cannot be read: ENOENT`));
    await expect(readPolicyFile(directory.path)).rejects.toThrow(/cannot be read: EISDIR/);
  });

  it('names every fault at once', async () => {
    await using file = await write('hosts: [8, 9]\ntaskTypes: 1\n');
    await expect(readPolicyFile(file.path)).rejects.toThrow(/position 1\n.*position 2\n.*taskTypes: expected/s);
  });
});
