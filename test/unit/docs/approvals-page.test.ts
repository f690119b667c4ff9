import { describe, expect, it } from 'vitest';
import { approvalStates } from '#protocol/approval.ts';
import { Criteria } from '#protocol/criteria.ts';
import { failureVerdicts } from '#protocol/failure.ts';
import { compileCheck } from '#protocol/validation.ts';
import { approvalExitCodes } from '../../../cli/exit-codes.ts';
import { describeCriteria } from '../../../manager/core/criteria.ts';
import { parseCriteria } from '../../../manager/core/criteria-grammar.ts';
import { codeBlocks, readTables, tableUnder } from './markdown-table.ts';
import { readPage } from './pages.ts';

const page = readPage('docs/approvals.md');

function examples(language: string): string[] {
  return codeBlocks(page, language).flatMap((block) => block.trim().split('\n'));
}

/** The codes that gate-readings.ts keeps to itself, read from its source. */
function decisiveCodes(): string[] {
  const source = readPage('manager/core/gate-readings.ts');
  const list = /new Set<FailureCode>\(\[(.*?)\]\)/s.exec(source)?.[1] ?? '';
  return [...list.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code ?? '');
}

describe('the page about approvals', () => {
  it.each(examples('criteria'))('shows criteria that are legal: %s', (text) => {
    const parsed = parseCriteria(text);
    expect(parsed).toHaveProperty('criteria');
    if ('criteria' in parsed) expect(parseCriteria(describeCriteria(parsed.criteria))).toEqual(parsed);
  });

  it.each(examples('criteria-fault'))('shows criteria that are refused: %s', (text) => {
    expect(parseCriteria(text)).toHaveProperty('fault');
  });

  it('shows criteria as data that have their form', () => {
    const [block = ''] = codeBlocks(page, 'json');
    expect(compileCheck(Criteria)(JSON.parse(block))).toHaveProperty('value');
  });

  it.each(page.match(/--(?:approve|reject) '[^']+'/g) ?? [])(
    'gives commands whose criteria are legal: %s',
    (option) => {
      expect(parseCriteria(option.replace(/^--\w+ '|'$/g, ''))).toHaveProperty('criteria');
    },
  );

  it('lists exactly the states of an approval, with the exit codes of waiting for it', () => {
    const listed = tableUnder(page, 'How it decides').rows.map(([state, , code]) => [state, code]);
    const codes: Readonly<Record<string, number>> = approvalExitCodes;
    expect(listed).toEqual(approvalStates.map((state) => [state, state in codes ? String(codes[state]) : '']));
  });

  it('lists exactly the failures that end a gate', () => {
    const [row] = readTables(page).find(({ heading }) => heading === 'Failures and noise')?.rows ?? [];
    const listed = (row?.[0] ?? '').replaceAll('`', '').split(', ');
    expect(listed).toEqual(decisiveCodes());
    for (const code of listed) expect(failureVerdicts).toHaveProperty([code]);
  });
});
