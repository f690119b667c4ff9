import {
  createToken,
  EmbeddedActionsParser,
  type IParserErrorMessageProvider,
  type IToken,
  Lexer,
  type TokenType,
} from 'chevrotain';
import type { Condition, Criteria } from '#protocol/criteria.ts';

/**
 * Reads criteria from their readable form:
 *
 *     state = Scheduled and approval in (approved, 'not required')
 *     (state = -2 or state = -1) and assigned_to is not empty
 *
 * Words in any case: and, or, not, in, contains, is, empty. A value is a quoted text or bare words. `and` binds tighter
 * than `or`. The fault says where reading stopped and what was expected there.
 */
export function parseCriteria(text: string): { criteria: Criteria } | { fault: string } {
  const lexed = lexer.tokenize(text);
  const [lexFault] = lexed.errors;
  if (lexFault)
    return {
      fault: `unexpected ${JSON.stringify(text.slice(lexFault.offset, lexFault.offset + 10))} at position ${lexFault.offset + 1}`,
    };
  const parser = new CriteriaParser();
  parser.input = lexed.tokens;
  const criteria = parser.criteria();
  const [fault] = parser.errors;
  if (fault) return { fault: describeFault(fault.token, fault.message) };
  return { criteria };
}

const Word = createToken({ name: 'Word', pattern: /[^\s()=!,'"]+/, label: 'a word' });
const Quoted = createToken({ name: 'Quoted', pattern: /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/, label: 'a quoted text' });
const keyword = (name: string) =>
  createToken({ name, pattern: new RegExp(name, 'i'), longer_alt: Word, label: `"${name.toLowerCase()}"` });
const And = keyword('And');
const Or = keyword('Or');
const Not = keyword('Not');
const In = keyword('In');
const Contains = keyword('Contains');
const Is = keyword('Is');
const Empty = keyword('Empty');
const sign = (name: string, pattern: string) => createToken({ name, pattern, label: `"${pattern}"` });
const NotEquals = sign('NotEquals', '!=');
const Equals = sign('Equals', '=');
const Open = sign('Open', '(');
const Close = sign('Close', ')');
const Comma = sign('Comma', ',');
const Space = createToken({ name: 'Space', pattern: /\s+/, group: Lexer.SKIPPED });

const tokens: TokenType[] = [
  Space,
  Quoted,
  NotEquals,
  Equals,
  Open,
  Close,
  Comma,
  And,
  Or,
  Not,
  In,
  Contains,
  Is,
  Empty,
  Word,
];
const lexer = new Lexer(tokens);

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
  constructor() {
    super(tokens, { maxLookahead: 2, errorMessageProvider: faultTexts });
    this.performSelfAnalysis();
  }

  criteria = this.RULE('criteria', (): Criteria => {
    const parts: Criteria[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: Or, DEF: () => parts.push(this.SUBRULE(this.#conjunction)) });
    return single(parts) ?? { any: parts };
  });

  #conjunction = this.RULE('conjunction', (): Criteria => {
    const parts: Criteria[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: And, DEF: () => parts.push(this.SUBRULE(this.#part)) });
    return single(parts) ?? { all: parts };
  });

  #part = this.RULE(
    'part',
    (): Criteria =>
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
      { ALT: () => this.#compare(Equals, field, 'equals', 1) },
      { ALT: () => this.#compare(NotEquals, field, 'not-equals', 2) },
      { ALT: () => this.#compare(Contains, field, 'contains', 3) },
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

  #list = this.RULE('list', (): string[] => {
    const values: string[] = [];
    this.CONSUME(Open);
    this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => values.push(this.SUBRULE(this.#value)) });
    this.CONSUME(Close);
    return values;
  });

  #value = this.RULE('value', (): string =>
    this.OR([
      { ALT: () => unquote(this.CONSUME(Quoted).image) },
      {
        ALT: () => {
          const words: string[] = [];
          this.AT_LEAST_ONE(() => words.push(this.SUBRULE(this.#bareWord).image));
          return words.join(' ');
        },
      },
    ]),
  );

  #bareWord = this.RULE(
    'bareWord',
    (): IToken => this.OR([Word, Not, In, Contains, Is, Empty].map((type) => ({ ALT: () => this.CONSUME(type) }))),
  );

  #compare(
    type: TokenType,
    field: string,
    operator: 'equals' | 'not-equals' | 'contains',
    index: 1 | 2 | 3,
  ): Condition {
    this.CONSUME(type);
    const value =
      index === 1 ? this.SUBRULE1(this.#value) : index === 2 ? this.SUBRULE2(this.#value) : this.SUBRULE3(this.#value);
    return { field, operator, value };
  }
}

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
