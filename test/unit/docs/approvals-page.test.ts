import { describe, expect, it } from 'vitest';
import { approvalStates } from '#protocol/approval.ts';
import { Condition } from '#protocol/criteria.ts';
import { failureVerdicts } from '#protocol/failure.ts';
import { approvalExitCodes } from '../../../cli/exit-codes.ts';
import { celCalls } from '../../../manager/core/cel-expression.ts';
import { describeCriteria } from '../../../manager/core/criteria.ts';
import { parseCriteria } from '../../../manager/core/criteria-grammar.ts';
import { readCriteria } from '../../../manager/core/criteria-input.ts';
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
    const criteria = readCriteria(text, '');
    expect(parseCriteria(describeCriteria(criteria))).toEqual({ criteria });
  });

  it.each(examples('criteria-fault'))('shows criteria that are refused: %s', (text) => {
    expect(parseCriteria(text)).toHaveProperty('fault');
  });

  it('shows criteria as data that have their form', () => {
    const blocks = codeBlocks(page, 'json').map((block): unknown => JSON.parse(block));
    expect(blocks.map((block) => readCriteria(block, ''))).toEqual(blocks);
  });

  it('lists exactly the operators of text and of data', () => {
    const listed = tableUnder(page, 'Criteria').rows.map(([text = '', data = '']) => [text, data]);
    const operators = Condition.anyOf.flatMap(({ properties }): string[] => properties.operator.enum);
    expect(listed.map(([, data]) => data).sort()).toEqual(operators.sort());
    for (const [text = '', data] of listed) {
      const condition = `field ${text.replace('(a, b)', '(1, 2)')} ${/empty|\(/.test(text) ? '' : '1'}`;
      expect(parseCriteria(condition)).toMatchObject({ criteria: { operator: data } });
    }
  });

  it('lists exactly what an expression may call', () => {
    expect(tableUnder(page, 'Expressions').rows.map(([call]) => call)).toEqual(celCalls);
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
