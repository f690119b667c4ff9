import { describe, it } from 'vitest';
import type { FailureCode } from '#protocol/failure.ts';
import {
  type AnswerRow,
  expectedLives,
  type OddAnswer,
  startLivesWorld,
  ticketOf,
  type Verdict,
} from './gate-lives.ts';
import type { Asked } from './scripted-instance.ts';

type Row = (asked: Asked) => Readonly<Record<string, unknown>>;

const approved: Verdict = { gate: 'approved' };
const rejected: Verdict = { gate: 'rejected' };
const waiting: Verdict = { gate: 'waiting' };
const undecodable: Verdict = { gate: 'noise', code: 'servicenow-undecodable' };
const decisive = (code: FailureCode): Verdict => ({ gate: 'decisive', code });
const fieldUnknown = decisive('field-unknown');

const sysId = 'a'.repeat(32);
const cell = (value: unknown, shown: unknown = value) => ({ value, display_value: shown });
const whole = { sys_id: cell(sysId), number: cell('CHG1'), state: cell('-2'), approval: cell('approved') };
const text = JSON.stringify({ result: [whole] });
const timeLimit = '"error":{"message":"Transaction cancelled: maximum execution time exceeded"}';

/** JSON around the approved ticket. */
const around = (wrap: (ticket: unknown) => unknown): OddAnswer => ({
  body: (asked) => wrap(ticketOf(asked, 'approved')),
});

const bodies: readonly AnswerRow[] = [
  ['whole', { body: text }, approved],
  ['behind a mark of byte order', { body: `\ufeff${text}` }, approved],
  ['empty', { body: '' }, undecodable],
  ['blank', { body: ' ' }, undecodable],
  ['null', { body: 'null' }, undecodable],
  ['a text', { body: '"approved"' }, undecodable],
  ['{}', { body: '{}' }, undecodable],
  ['[]', { body: '[]' }, undecodable],
  ['an answer in a list', around((ticket) => [{ result: [ticket] }]), undecodable],
  ['an answer in an answer', around((ticket) => ({ result: { result: [ticket] } })), undecodable],
  ['a result in a prototype', { body: `{"__proto__":${text}}` }, undecodable],
  ['a Result', around((ticket) => ({ Result: [ticket] })), undecodable],
  ['a result that is null', { body: '{"result":null}' }, undecodable],
  ['a result that is a text', { body: '{"result":"approved"}' }, undecodable],
  ['a result that is the ticket', around((ticket) => ({ result: ticket })), undecodable],
  ['a result that is a list in a list', around((ticket) => ({ result: [[ticket]] })), undecodable],
  ['a result with nothing beside the ticket', around((ticket) => ({ result: [ticket, null] })), undecodable],
  ['an error', { body: '{"error":{"message":"User Not Authenticated","detail":null}}' }, undecodable],
  ['an error beside the ticket', { body: `${text.slice(0, -1)},${timeLimit}}` }, undecodable],
  ['an error before the ticket', { body: `{${timeLimit},${text.slice(1)}` }, undecodable],
  ['an error in a word', around((ticket) => ({ result: [ticket], error: 'invalid_token' })), undecodable],
  ['an error that is false', around((ticket) => ({ result: [ticket], error: false })), undecodable],
  ['an error that is null', around((ticket) => ({ result: [ticket], error: null })), approved],
  ['cut in the ticket', { body: text.slice(0, -20) }, undecodable],
  ['cut before its last letter', { body: text.slice(0, -1) }, undecodable],
  ['broken off by a time limit', { body: `${text.slice(0, -2)},\n}""],${timeLimit}}` }, undecodable],
  ['two answers', { body: `${text}${text}` }, undecodable],
  ['behind a guard', { body: `)]}',\n${text}` }, undecodable],
  ['in single quotes', { body: text.replaceAll('"', "'") }, undecodable],
  ['packed', { body: Buffer.from(text).toString('base64') }, undecodable],
];

const rows = (...of: readonly Row[]): OddAnswer => ({ body: (asked) => ({ result: of.map((row) => row(asked)) }) });
const ticket =
  (approval: string, changes: Readonly<Record<string, unknown>> = {}): Row =>
  (asked) => ({ ...ticketOf(asked, approval), ...changes });
/** The approved ticket with other fields; `undefined` is not written. */
const but = (changes: Readonly<Record<string, unknown>>): OddAnswer => rows(ticket('approved', changes));
const counted = (count: number): OddAnswer => ({ ...rows(), headers: { 'x-total-count': `${count}` } });

const stranger = ticket('approved', { sys_id: cell('b'.repeat(32)), number: cell('CHG2') });
const table = ['1', '2', '3'].map((n) => ticket('approved', { sys_id: cell(n.repeat(32)), number: cell(`CHG9${n}`) }));
const namesake = ticket('approved', { sys_id: cell('c'.repeat(32)) });

const tickets: readonly AnswerRow[] = [
  ['approved', rows(ticket('approved')), approved],
  ['requested', rows(ticket('requested')), waiting],
  ['rejected', rows(ticket('rejected')), rejected],
  ['approved, and new', but({ state: cell('-5', 'New') }), waiting],
  ['not there', rows(), decisive('ticket-not-found')],
  ['not there, and not counted', counted(0), decisive('ticket-not-found')],
  ['not shown, and counted', counted(1), decisive('ticket-unreadable')],
  ["another's", rows(stranger), undecodable],
  ["another's behind the right one", rows(ticket('requested'), stranger), undecodable],
  ["another's before the right one", rows(stranger, ticket('requested')), undecodable],
  ['lost in the whole table', rows(...table, ticket('requested')), undecodable],
  ['in none of the rows of the table', rows(...table), undecodable],
  ['there twice, alike', rows(ticket('approved'), ticket('approved')), undecodable],
  ['there twice, approved at last', rows(ticket('requested'), ticket('approved')), undecodable],
  ['there twice, approved at first', rows(ticket('approved'), ticket('requested')), undecodable],
  ['there twice, rejected at first', rows(ticket('rejected'), ticket('approved')), undecodable],
  ['one of two of its number', rows(ticket('approved'), namesake), decisive('ticket-ambiguous'), undecodable],
  ['without its sys_id', but({ sys_id: undefined }), undecodable, fieldUnknown],
  ['with a blank sys_id', but({ sys_id: '' }), undecodable],
  ['without its number', but({ number: undefined }), fieldUnknown, approved],
  ['without what approves', but({ approval: undefined }), fieldUnknown],
  ['without another part of what approves', but({ state: undefined }), fieldUnknown],
  ['without anything', rows(() => ({})), fieldUnknown],
  ['null', but({ approval: null }), waiting],
  ['blank', but({ approval: '' }), waiting],
  ['a number', but({ approval: 1 }), undecodable],
  ['true', but({ approval: true }), undecodable],
  ['a list', but({ approval: ['approved'] }), undecodable],
  ['a list, and labelled so', but({ approval: cell(['approved'], ['Approved']) }), waiting],
  ['an empty object', but({ approval: {} }), undecodable],
  ['an object in an object', but({ approval: cell({ value: 'approved' }, null) }), waiting],
  ['approved as a bare value', but({ approval: 'approved' }), undecodable],
  ['approved without a label', but({ approval: { value: 'approved' } }), undecodable],
  ['labelled as approved, with nothing stored', but({ approval: { display_value: 'Approved' } }), undecodable],
  ['approved, in a state that is bare', but({ state: '-2' }), undecodable],
  ['approved, and labelled in another language', but({ approval: cell('approved', 'Genehmigt') }), approved],
  ['approved, and labelled as rejected', but({ approval: cell('approved', 'Rejected') }), rejected],
  ['rejected, and labelled as approved', but({ approval: cell('rejected', 'Approved') }), rejected],
  ['requested, and labelled as approved', but({ approval: cell('requested', 'Approved') }), approved],
  ['scheduled by a number that is no text', but({ state: cell(-2, 'Geplant') }), approved],
];

describe.concurrent.each([
  { subject: 'body is', all: bodies },
  { subject: 'ticket is', all: tickets },
])('a gate whose $subject not what it should be', ({ all }) => {
  it('opens only by the whole ticket that was asked for, fails only by decisive answers, and waits otherwise', {
    timeout: 90_000,
  }, async ({ expect }) => {
    await using world = await startLivesWorld();
    const found = await Promise.all(all.map(async (row) => [row[0], await world.live(row)] as const));
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(all.map((row) => [row[0], expectedLives(row)])));
  });
});
