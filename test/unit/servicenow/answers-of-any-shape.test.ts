import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure, failureVerdicts } from '#protocol/failure.ts';
import { Ticket } from '#protocol/ticket.ts';
import { compileCheck } from '#protocol/validation.ts';
import { type Judged, judgeRecord, judgeRows, type Row } from '../../../delegate/servicenow/answer.ts';
import { recogniseInstance } from '../../../delegate/servicenow/instance.ts';
import type { Asked } from '../../../delegate/servicenow/refusal.ts';
import { hasField, readField, toTicket } from '../../../delegate/servicenow/row.ts';
import { describeDifference, findDifferences } from '../../../delegate/servicenow/sent-fields.ts';
import { readTotalCount } from '../../../delegate/servicenow/table-api.ts';
import type { TransportResult } from '../../../delegate/servicenow/transport.ts';
import { isPlainObject, type OddAnswer, oddAnswer, oddBody, saidBy } from '../../support/odd-answers.ts';

const asked: readonly Asked[] = [
  { method: 'GET', subject: 'table incident', addressesRecord: false },
  { method: 'GET', subject: 'a record of table incident', addressesRecord: true },
  { method: 'POST', subject: 'table incident', addressesRecord: false },
  { method: 'PATCH', subject: 'a record of table incident', addressesRecord: true },
];

const checkFailure = compileCheck(Failure);
const checkTicket = compileCheck(Ticket);

function arrived({ status, contentType, headers, body }: OddAnswer): TransportResult {
  const type = contentType === '' ? {} : { 'content-type': contentType };
  return { kind: 'answer', status, headers: { ...headers, ...type }, body, ms: 1 };
}

function expectFailure(judged: Judged<unknown>): void {
  if (judged.kind === 'ok') throw new Error('called a failure a success');
  const { failure } = judged;
  expect(checkFailure(failure)).toHaveProperty('value');
  expect(failure.retry).toBe(failureVerdicts[failure.code]);
  expect(failure.message).not.toBe('');
  expect(failure.remedy).not.toBe('');
}

function expectReadable(row: Row): void {
  const ticket = toTicket(row, 'incident', 'https://x.example.com/');
  expect(checkTicket(ticket)).toHaveProperty('value');
  expect(Object.keys(ticket.fields).toSorted()).toEqual(Object.keys(row).toSorted());
  for (const field of ['sys_id', 'state', 'toString', '__proto__']) {
    const { value, displayValue } = readField(row, field);
    expect(typeof value + typeof displayValue).toBe('stringstring');
    if (!hasField(row, field)) expect(value + displayValue).toBe('');
  }
  for (const difference of findDifferences({ state: '3', short_description: '', u_nope: 'x' }, row))
    expect(describeDifference(difference).length).toBeLessThan(500);
}

describe('an answer of any shape', () => {
  it('is a success exactly when it is 2xx, JSON, whole, without an error, and its result has the shape (traps 4 to 6)', () => {
    const [cases, seen] = [10_000, { runs: 0, rows: 0, records: 0 }];
    fc.assert(
      fc.property(oddAnswer, fc.constantFrom(...asked), (answer, question) => {
        seen.runs += 1;
        const outcome = arrived(answer);
        const said = saidBy(answer);
        const isList = said !== undefined && Array.isArray(said.result) && said.result.every(isPlainObject);
        const rows = judgeRows(question, outcome);
        expect(rows.kind).toBe(isList ? 'ok' : 'failed');
        if (rows.kind === 'failed') expectFailure(rows);
        else {
          expect(rows.value).toHaveLength(isList ? (said.result as unknown[]).length : -1);
          rows.value.forEach(expectReadable);
          expect(readTotalCount(rows) ?? 0).toBeGreaterThanOrEqual(0);
          seen.rows += 1;
        }
        const record = judgeRecord(question, outcome);
        // Some API puts its one record into a list: whether that is taken for it is decided elsewhere.
        if (!(isList && rows.kind === 'ok' && rows.value.length === 1))
          expect(record.kind).toBe(isPlainObject(said?.result) ? 'ok' : 'failed');
        if (record.kind === 'failed') expectFailure(record);
        else {
          expectReadable(record.value);
          seen.records += 1;
        }
        if (recogniseInstance(outcome).kind === 'open') expect(isList).toBe(true);
      }),
      { numRuns: cases },
    );
    expect(seen.runs).toBe(cases);
    expect(seen.rows).toBeGreaterThan(cases / 100);
    expect(seen.records).toBeGreaterThan(cases / 100);
  });
});

describe('a row of any shape', () => {
  it('is read field by field as texts, and nothing inherited is taken for a field (traps 15 to 21)', () => {
    const parsed = oddBody.map((text) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return text;
      }
    });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(parsed, fc.anything())), (row) => {
        expectReadable(row);
      }),
      { numRuns: 1_000 },
    );
  });
});
