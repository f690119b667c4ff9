import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { flagName } from '#runtime/options.ts';
import { simulatorOptions } from '../../../simulator/config.ts';
import { operators } from '../../../simulator/encoded-query.ts';
import { faultModes } from '../../../simulator/faults.ts';
import { baseSchema } from '../../../simulator/schema-tables.ts';
import { seedApiKey, seedClients } from '../../../simulator/seed-clients.ts';
import { seedUsers } from '../../../simulator/seed-instance.ts';
import { defaultSettings } from '../../../simulator/settings.ts';

const page = await readFile(new URL('../../../docs/simulator.md', import.meta.url), 'utf8');

describe('the page about the simulator', () => {
  it.each(Object.entries(faultModes))('says what the fault %s does and which requests it strikes', (name, mode) => {
    const strikes = mode.writesOnly ? 'writes' : mode.wholeInstance ? 'all, and `/`' : 'all';
    expect(page).toContain(`| \`${name}\` | ${mode.meaning} | ${strikes} |`);
  });

  it.each(Object.entries(defaultSettings))('names the setting %s and its default', (name, value) => {
    expect(page).toContain(`| \`${name}\` | \`${JSON.stringify(value)}\` |`);
  });

  it.each(seedUsers)('names the user $userName with password and roles', ({ userName, password, roles }) => {
    const shown = roles.map((role) => `\`${role}\``).join(', ') || 'none';
    expect(page).toContain(`| \`${userName}\` | \`${password}\` | ${shown} |`);
  });

  it.each(Object.entries(simulatorOptions))('names the option %s and its default', (name, { fallback }) => {
    expect(page).toContain(`| \`--${flagName(name)}\` | ${fallback === undefined ? 'none' : `\`${fallback}\``} |`);
  });

  it('names every table, every operator, the client and the key', () => {
    const names = [
      ...baseSchema().tables.map((table) => table.name),
      ...operators,
      ...seedClients.flatMap(({ clientId, clientSecret }) => [clientId, clientSecret]),
    ];
    for (const name of names) expect(page).toContain(`\`${name}\``);
    expect(page).toContain(seedApiKey.key);
  });
});
