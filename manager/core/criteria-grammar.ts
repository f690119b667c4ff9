import { EmbeddedActionsParser, type IParserErrorMessageProvider, type IToken, type TokenType } from 'chevrotain';
import type { Condition, Conditions, Criteria } from '#protocol/criteria.ts';
import { compileCel } from './cel-expression.ts';
import { readBound } from './criteria.ts';
import {
  And,
  Close,
  Comma,
  Contains,
  Empty,
  Equals,
  Greater,
  GreaterOrEqual,
  In,
  Is,
  Less,
  LessOrEqual,
  lexer,
  Not,
  NotEquals,
  Open,
  Or,
  Quoted,
  tokens,
  Word,
} from './criteria-tokens.ts';

/**
 * Reads criteria from their readable form:
 *
 *     state = Scheduled and approval in (approved, not_required)
 *     (state = -2 or state = -1) and assigned_to is not empty
 *     risk <= 2 and start_date >= 2026-03-01
 *     cel: ticket.state.value == '-2'
 *
 * Words in any case: and, or, not, in, contains, is, empty. A value is a quoted text or bare words. `and` binds tighter
 * than `or`. What follows `cel:` is one expression. The fault says where reading stopped and what was expected there.
 */
export function parseCriteria(text: string): { criteria: Criteria } | { fault: string } {
  const [prefix] = celPrefix.exec(text) ?? [];
  return prefix === undefined ? parseConditions(text) : parseExpression(text.slice(prefix.length), text, prefix.length);
}

const celPrefix = /^\s*cel:/i;

/** Reads an expression that stands in a text from an offset on; its fault has the position in that text. */
export function parseExpression(
  expression: string,
  text = expression,
  from = 0,
): { criteria: Criteria } | { fault: string } {
  if (expression.trim() === '') return { fault: `${describePosition(text, text.length)}: expected an expression` };
  const compiled = compileCel(expression);
  return 'fault' in compiled
    ? { fault: `${describePosition(text, from + compiled.offset)}: ${compiled.fault}` }
    : { criteria: { expression: expression.trim() } };
}

/** Says where in a text: of several lines, the line and the column. */
function describePosition(text: string, offset: number): string {
  if (text.slice(offset).trim() === '') return 'at the end';
  const lines = text.slice(0, offset).split('\n');
  const column = (lines.at(-1) ?? '').length + 1;
  return text.includes('\n') ? `at line ${lines.length}, column ${column}` : `at position ${column}`;
}

function parseConditions(text: string): { criteria: Criteria } | { fault: string } {
  const lexed = lexer.tokenize(text);
  const [lexFault] = lexed.errors;
  if (lexFault)
    return {
      fault: `unexpected ${JSON.stringify(text.slice(lexFault.offset, lexFault.offset + 10))} at position ${lexFault.offset + 1}`,
    };
  const criteria = parser.read(lexed.tokens);
  if (parser.valueFault !== undefined) return { fault: parser.valueFault };
  const [fault] = parser.errors;
  if (fault) return { fault: describeFault(fault.token, fault.message) };
  return { criteria };
}

/** Operators that take one value. */
const operators = [
  [Equals, 'equals'],
  [NotEquals, 'not-equals'],
  [Contains, 'contains'],
  [LessOrEqual, 'at-most'],
  [Less, 'less-than'],
  [GreaterOrEqual, 'at-least'],
  [Greater, 'greater-than'],
] as const;
type Operator = (typeof operators)[number][1];
const textOperators: ReadonlySet<Operator> = new Set(['equals', 'not-equals', 'contains']);

interface Value {
  readonly text: string;
  readonly token: IToken;
}

const faultTexts: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => `expected ${labelOf(expected)}`,
  buildNotAllInputParsedMessage: () => 'expected "and", "or" or the end',
  buildNoViableAltMessage: ({ expectedPathsPerAlt, ruleName }) =>
    ruleName === 'value' ? 'expected a value' : expectOneOf(expectedPathsPerAlt.flat()),
  buildEarlyExitMessage: ({ expectedIterationPaths }) => expectOneOf(expectedIterationPaths),
};

function expectOneOf(paths: readonly TokenType[][]): string {
  const labels = paths.flatMap(([first]) => (first ? [labelOf(first)] : []));
  return `expected ${[...new Set(labels)].join(', ')}`;
}

function labelOf(type: TokenType): string {
  return type.LABEL ?? type.name;
}

class CriteriaParser extends EmbeddedActionsParser {
  /** What is wrong with a value that has its form. */
  valueFault: string | undefined;

  constructor() {
    super(tokens, { maxLookahead: 2, errorMessageProvider: faultTexts });
    this.performSelfAnalysis();
  }

  read(lexed: IToken[]): Conditions {
    this.valueFault = undefined;
    // Forgets what was read before, too.
    this.input = lexed;
    return this.criteria();
  }

  criteria = this.RULE('criteria', (): Conditions => {
    const parts: Conditions[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: Or, DEF: () => parts.push(this.SUBRULE(this.#conjunction)) });
    return single(parts) ?? { any: parts };
  });

  #conjunction = this.RULE('conjunction', (): Conditions => {
    const parts: Conditions[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: And, DEF: () => parts.push(this.SUBRULE(this.#part)) });
    return single(parts) ?? { all: parts };
  });

  #part = this.RULE(
    'part',
    (): Conditions =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(Open);
            const inner = this.SUBRULE(this.criteria);
            this.CONSUME(Close);
            return inner;
          },
        },
        { ALT: () => this.SUBRULE(this.#condition) },
      ]),
  );

  #condition = this.RULE('condition', (): Condition => {
    const field = this.CONSUME(Word).image;
    return this.OR([
      {
        ALT: () => {
          const operator = this.SUBRULE(this.#operator);
          const value = this.SUBRULE(this.#value);
          if (!textOperators.has(operator)) this.ACTION(() => this.#checkBound(value));
          return { field, operator, value: value.text };
        },
      },
      {
        ALT: () => {
          this.CONSUME(In);
          return { field, operator: 'in' as const, values: this.SUBRULE(this.#list) };
        },
      },
      {
        ALT: () => {
          this.CONSUME(Not);
          this.CONSUME2(In);
          return { field, operator: 'not-in' as const, values: this.SUBRULE2(this.#list) };
        },
      },
      {
        ALT: () => {
          this.CONSUME(Is);
          const negated = this.OPTION(() => this.CONSUME2(Not)) !== undefined;
          this.CONSUME(Empty);
          return { field, operator: negated ? ('is-not-empty' as const) : ('is-empty' as const) };
        },
      },
    ]);
  });

  #operator = this.RULE(
    'operator',
    (): Operator =>
      this.OR(
        operators.map(([type, operator]) => ({
          ALT: () => {
            this.CONSUME(type);
            return operator;
          },
        })),
      ),
  );

  #list = this.RULE('list', (): string[] => {
    const values: string[] = [];
    this.CONSUME(Open);
    this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => values.push(this.SUBRULE(this.#value).text) });
    this.CONSUME(Close);
    return values;
  });

  #value = this.RULE('value', (): Value => {
    const value: Value = this.OR([
      {
        ALT: () => {
          const token = this.CONSUME(Quoted);
          return { text: unquote(token.image), token };
        },
      },
      {
        ALT: () => {
          const token = this.SUBRULE(this.#bareWord);
          const words = [token.image];
          this.MANY(() => words.push(this.SUBRULE2(this.#bareWord).image));
          return { text: words.join(' '), token };
        },
      },
    ]);
    this.ACTION(() => this.#checkNotBlank(value));
    return value;
  });

  #bareWord = this.RULE(
    'bareWord',
    (): IToken => this.OR([Word, Not, In, Contains, Is, Empty].map((type) => ({ ALT: () => this.CONSUME(type) }))),
  );

  #checkNotBlank({ text, token }: Value): void {
    if (text.trim() === '')
      this.valueFault ??= describeFault(token, 'an empty value: write "is empty" or "is not empty"');
  }

  #checkBound({ text, token }: Value): void {
    if (!readBound(text)) this.valueFault ??= describeFault(token, boundExpected);
  }
}

export const boundExpected =
  'expected a number of at most 15 digits, or a date in UTC: yyyy-MM-dd or yyyy-MM-dd HH:mm:ss';

/** One for all texts, each of which it reads whole: analysing the grammar takes 8 ms. */
const parser = new CriteriaParser();

function single<T>(parts: readonly T[]): T | undefined {
  return parts.length === 1 ? parts[0] : undefined;
}

function unquote(image: string): string {
  return image.slice(1, -1).replace(/\\(.)/g, '$1');
}

function describeFault(token: IToken, message: string): string {
  const found =
    token.image === '' ? 'at the end' : `at ${JSON.stringify(token.image)}, position ${token.startOffset + 1}`;
  return `${found}: ${message}`;
}
