import { describe, expect, it } from 'vitest';
import { authenticationOf, SecretRef } from '#protocol/authentication.ts';
import { flagName } from '#runtime/options.ts';
import { applyCommand } from '../../../cli/apply/apply-command.ts';
import { readDeclarations } from '../../../cli/apply/read-declarations.ts';
import { tableUnder } from './markdown-table.ts';
import { readPage } from './pages.ts';

const page = readPage('docs/apply.md');

describe('the page about declarations', () => {
  it('shows a file that can be applied', () => {
    const [, text = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
    const read = readDeclarations([{ name: 'page', folder: '', text }]);
    expect(read).toMatchObject({
      declared: { secrets: [{}], connectors: [{}], apiTokens: [{}], delegateTokens: [{}] },
    });
  });

  it('lists exactly the options', () => {
    const listed = tableUnder(page, 'Options').rows.map(([cell = '']) => cell.replace(/^.*--/, '').replaceAll('`', ''));
    expect(listed).toEqual(Object.keys(applyCommand.options).map(flagName));
  });

  it('lists exactly the log-ins, each with what it needs', () => {
    const known = authenticationOf(SecretRef).anyOf.map(({ properties: { kind, ...rest } }) => [
      kind.const,
      ...Object.keys(rest).sort(),
    ]);
    const listed = tableUnder(page, 'Log-ins').rows.map(([kind, needs = '']) => [
      kind,
      ...[...needs.matchAll(/[a-z]+[A-Z][A-Za-z]+|username|password/g)].map(([name]) => name).sort(),
    ]);
    expect(listed).toEqual(known);
  });
});
