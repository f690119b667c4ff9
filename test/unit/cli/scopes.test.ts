import { describe, expect, it } from 'vitest';
import { runCommand } from './command-world.ts';

const secret = (scope: object) => ({ name: 'pw', scope, createdAt: 'x', updatedAt: 'x', usedBy: [] });

describe('secret narrow', () => {
  it('changes the scope alone, and keeps the half of it that is not given', async () => {
    const before = secret({ applications: ['shop', 'pay'], environments: 'all' });
    const { sent, code } = await runCommand(['secret', 'narrow', 'pw', '--environment', 'production/eu'], {
      answer: () => before,
    });
    expect(code).toBe(0);
    expect(sent.at(-1)).toMatchObject({
      method: 'PUT',
      body: { scope: { applications: ['shop', 'pay'], environments: ['production/eu'] } },
    });
    expect(sent.at(-1)?.body).not.toHaveProperty('value');
    expect((await runCommand(['secret', 'narrow', 'pw'])).code).toBe(2);
  });
});

describe('secret set', () => {
  it('gives a scope where one is given, and says which one the secret has', async () => {
    const args = ['secret', 'set', 'pw', '--application', 'shop,pay', '--application', 'crm'];
    const { sent, stdout } = await runCommand(args, {
      typed: 'x',
      answer: () => secret({ applications: ['shop'], environments: ['production'] }),
    });
    expect(sent[0]?.body).toMatchObject({ scope: { applications: ['shop', 'pay', 'crm'], environments: 'all' } });
    expect(stdout).toBe('✓ secret pw stored, for application shop in production\n');
  });
});

describe('api-token create', () => {
  const create = (...flags: string[]) =>
    runCommand(['api-token', 'create', 'ci', '--role', 'pipeline', ...flags], {
      answer: ({ body }) => ({ ...(body as object), id: 'i', createdAt: 'x', token: 'tga_i_x' }),
    });

  it('stands for an application and an environment, or for all of what is not given', async () => {
    const limited = await create('--environment', 'production');
    expect(limited.sent[0]?.body).toMatchObject({ scope: { applications: 'all', environments: ['production'] } });
    expect(limited.stderr).toContain('of all applications in production');
    const unlimited = await create();
    expect(unlimited.sent[0]?.body).toEqual({ name: 'ci', role: 'pipeline' });
    expect(unlimited.stderr).toContain('; not limited to an application or environment; for TICKETGATE_TOKEN');
  });

  it('names the environments that there are when one is given by another name', async () => {
    const { code, stderr, sent } = await create('--environment', 'prod');
    expect([code, sent]).toEqual([2, []]);
    expect(stderr).toContain(
      '--environment: expected production, non-production, or one of them by name such as production/eu, got "prod"',
    );
  });
});

describe('a list that is given and empty, as by a variable that a script did not set', () => {
  it.each([
    [
      ['api-token', 'create', 'ci', '--role', 'pipeline', '--application', ''],
      '--application: expected an application',
    ],
    [
      ['api-token', 'create', 'ci', '--role', 'pipeline', '--environment', ' , '],
      '--environment: expected production,',
    ],
    [['secret', 'set', 'pw', '--application', '', '--environment', 'production'], '--application: expected an appl'],
    [['secret', 'narrow', 'pw', '--application', '', '--environment', ''], '--environment: expected production,'],
    [['connector', 'add', 'sn', '--url', 'https://x', '--selectors', ''], '--selectors: expected words separated by'],
    [
      ['ticket', 'show', 'CHG1', '--connector', 'sn', '--table', 'incident', '--fields', ''],
      '--fields: expected words',
    ],
  ])('is wrong usage, and nothing is sent: %j', async (argv, message) => {
    const { code, stderr, sent } = await runCommand(argv, { typed: 'x' });
    expect([code, sent]).toEqual([2, []]);
    expect(stderr).toContain(message);
  });
});
