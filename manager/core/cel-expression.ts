import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { longestExpression } from '#protocol/criteria.ts';
import type { FieldValue } from '#protocol/ticket.ts';
import { readDate, readNumber } from './stored-values.ts';

export interface CelExpression {
  /** Every column that it reads, each once. */
  readonly fields: readonly string[];
  /** Tells whether it holds for these fields. Throws when that cannot be told, such as for a number that is none. */
  holds(fields: Readonly<Record<string, FieldValue>>): boolean;
}

/** What is wrong with an expression, and where in its text. */
export interface CelFault {
  readonly fault: string;
  readonly offset: number;
}

/**
 * Compiles an expression of the Common Expression Language that is true or false. It can read columns of the ticket, and
 * use the operators and functions that are listed below: no loop, no regular expression, nothing that grows its input.
 * It takes some microseconds for an expression of usual length, so nothing keeps what was compiled.
 */
export function compileCel(text: string): CelExpression | CelFault {
  if (text.length > longestExpression) return { fault: `longer than ${longestExpression} characters`, offset: 0 };
  try {
    const parsed = environment.parse(text);
    const seen: Seen = { fields: new Set(), calls: 0 };
    inspect(parsed.ast, seen);
    const { fields } = seen;
    const { valid, type, error } = parsed.check();
    if (!valid) return describeError(error, text);
    if (type !== 'bool') throw new Unsupported(`is neither true nor false, but of the type ${type}`, parsed.ast.start);
    if (fields.size === 0) throw new Unsupported('reads no column of the ticket', parsed.ast.start);
    return {
      fields: [...fields].sort(),
      holds(ticket) {
        const result: unknown = parsed({ ticket });
        if (typeof result !== 'boolean') throw new Error('the expression is neither true nor false');
        return result;
      },
    };
  } catch (error) {
    return error instanceof Unsupported ? { fault: error.message, offset: error.offset } : describeError(error, text);
  }
}

/** Says in a few words why an expression that was evaluated gave no result. */
export function describeCelError(error: unknown): string {
  const { summary, message } = error as { summary?: unknown; message?: unknown };
  return String(summary ?? message);
}

const limits = { maxAstNodes: 500, maxDepth: 32, maxListElements: 100, maxMapEntries: 8, maxCallArguments: 8 };

const environment = new Environment({ limits })
  .registerVariable('ticket', 'map<string, map<string, string>>')
  .registerFunction('number(string): double', convertNumber)
  .registerFunction('time(string): int', convertTime)
  // The language keeps whole numbers and others apart; what people write mixes them.
  .registerOperator('double in list<int>', (one: number, others: bigint[]) =>
    others.some((other) => Number(other) === one),
  )
  .registerOperator('int == double', (one: bigint, other: number) => Number(one) === other)
  .registerOperator('int + double', (one: bigint, other: number) => Number(one) + other)
  .registerOperator('double + int', (one: number, other: bigint) => one + Number(other))
  .registerOperator('int - double', (one: bigint, other: number) => Number(one) - other)
  .registerOperator('double - int', (one: number, other: bigint) => one - Number(other));

/** The library's int() and double() take a blank for 0, and more notations than ServiceNow has. */
function convertNumber(text: string): number {
  const number = readNumber(text);
  if (number === undefined) throw new Error(`number(): ${quote(text)} is no number`);
  return number;
}

/** Seconds: the library's timestamp() reads what has no zone in that of the machine. */
function convertTime(text: string): bigint {
  const at = readDate(text);
  if (at === undefined) throw new Error(`time(): ${quote(text)} is no date`);
  return BigInt(at / 1_000);
}

interface Seen {
  readonly fields: Set<string>;
  calls: number;
}

/** Each may go over a text of 65,000 characters, for each of many gates. */
const mostCalls = 40;

class Unsupported extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const functions = ['number', 'time', 'size'];
const methods = ['contains', 'startsWith', 'endsWith', 'lowerAscii', 'upperAscii', 'trim', 'size'];

/** All that may be called. What the library has besides loops, grows text, or backtracks. */
export const celCalls: readonly string[] = [
  ...functions.map((name) => `${name}(…)`),
  ...methods.map((name) => `.${name}(…)`),
];
const allowedCalls = `allowed are ${celCalls.join(', ')}`;
const allowedOperators = '== != < <= > >= in && || ! + - ?:';
const howToRead = 'write ticket.state.value, ticket.state.displayValue or ticket["assigned_to.user_name"].value';

/** Walks over all that was written, finds the columns that are read, and refuses what is not on the lists above. */
function inspect(node: ASTNode, seen: Seen): void {
  switch (node.op) {
    case 'value':
      return inspectLiteral(node.args, node.start);
    case '.':
      seen.fields.add(readColumn(node));
      return;
    case '==':
    case '!=':
    case '&&':
    case '||':
    case '?:':
      for (const part of node.args) inspect(part, seen);
      return;
    case '+':
    case '-':
      for (const part of node.args) {
        if (!isNumeric(part))
          throw new Unsupported(`${node.op} takes numbers: write number(…) or time(…) around a text`, part.start);
        inspect(part, seen);
      }
      return;
    case '<':
    case '<=':
    case '>':
    case '>=':
      for (const part of node.args) {
        if (!isNumeric(part))
          throw new Unsupported(`${node.op} compares numbers: write number(…) or time(…) around a text`, part.start);
        inspect(part, seen);
      }
      return;
    case '!_':
    case '-_':
      return inspect(node.args, seen);
    case 'in': {
      const [item, list] = node.args;
      if (list.op !== 'list') throw new Unsupported("in needs a list, such as ['a', 'b']", list.start);
      for (const part of [item, ...list.args]) inspect(part, seen);
      return;
    }
    case 'call': {
      const [name, args] = node.args;
      countCall(node, seen);
      if (!functions.includes(name)) throw new Unsupported(`${name}(…) is not allowed; ${allowedCalls}`, node.start);
      for (const part of args) inspect(part, seen);
      return;
    }
    case 'rcall': {
      const [name, receiver, args] = node.args;
      countCall(node, seen);
      if (!methods.includes(name)) throw new Unsupported(`.${name}(…) is not allowed; ${allowedCalls}`, node.start);
      for (const part of [receiver, ...args]) inspect(part, seen);
      return;
    }
    case 'id':
      throw new Unsupported(
        node.args === 'ticket' ? howToRead : `${quote(node.args)} is unknown; ${howToRead}`,
        node.start,
      );
    case '[]':
      throw new Unsupported(howToRead, node.start);
    case 'list':
      throw new Unsupported('a list is allowed only after in', node.start);
    case 'map':
      throw new Unsupported('{…} is not allowed', node.start);
    default:
      throw new Unsupported(`${node.op} is not allowed; allowed are ${allowedOperators}`, node.start);
  }
}

function countCall({ start }: ASTNode, seen: Seen): void {
  seen.calls += 1;
  if (seen.calls > mostCalls) throw new Unsupported(`more than ${mostCalls} calls of functions`, start);
}

function inspectLiteral(value: unknown, offset: number): void {
  const isAllowed =
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    typeof value === 'bigint' ||
    (typeof value === 'number' && Number.isFinite(value));
  if (!isAllowed) throw new Unsupported('allowed are texts, numbers, true and false', offset);
}

/** Reads `ticket.<column>.value` or `.displayValue`: the name must stand there, so that it is known before any ticket. */
function readColumn(node: ASTNode & { op: '.' }): string {
  const [column, part] = node.args;
  if (column.op === '.' || column.op === '[]') {
    const [root, name] = column.args;
    if (root.op === 'id' && root.args === 'ticket') {
      if (part !== 'value' && part !== 'displayValue')
        throw new Unsupported(`a column has .value and .displayValue, and no .${part}`, node.pos);
      if (typeof name === 'string') return name;
      if (name.op === 'value' && typeof name.args === 'string') return name.args;
      throw new Unsupported('the column in ticket[…] must be a quoted name', name.start);
    }
  }
  throw new Unsupported(howToRead, node.start);
}

/** Whether it is a number by its form, as far as types fit: nothing else that is allowed makes one. */
function isNumeric(node: ASTNode): boolean {
  switch (node.op) {
    case 'value':
      return typeof node.args === 'bigint' || typeof node.args === 'number';
    case 'call':
      return functions.includes(node.args[0]);
    case 'rcall':
      return node.args[0] === 'size';
    case '-_':
      return true;
    case '+':
    case '-':
      return node.args.every(isNumeric);
    case '?:':
      return node.args.slice(1).every(isNumeric);
    default:
      return false;
  }
}

const hints: Readonly<Record<string, string>> = {
  no_such_overload: 'columns are texts: quote what they are compared with, or write number(…) around them',
};

function describeError(error: unknown, text: string): CelFault {
  const { code, range } = error as { code?: unknown; range?: { start: number } };
  const offset = Math.min(range?.start ?? 0, text.length);
  const hint = typeof code === 'string' ? hints[code] : undefined;
  const words = describeCelError(error);
  return { fault: hint === undefined ? words : `${words}; ${hint}`, offset };
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
