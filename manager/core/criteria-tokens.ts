import { createToken, Lexer, type TokenType } from 'chevrotain';

/** The words, signs and values that criteria are written with; criteria-grammar.ts says how they go together. */

export const Word = createToken({ name: 'Word', pattern: /[^\s()=!<>,'"]+/, label: 'a word' });
export const Quoted = createToken({
  name: 'Quoted',
  pattern: /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/,
  label: 'a quoted text',
});
const keyword = (name: string) =>
  createToken({ name, pattern: new RegExp(name, 'i'), longer_alt: Word, label: `"${name.toLowerCase()}"` });
export const And = keyword('And');
export const Or = keyword('Or');
export const Not = keyword('Not');
export const In = keyword('In');
export const Contains = keyword('Contains');
export const Is = keyword('Is');
export const Empty = keyword('Empty');
const sign = (name: string, pattern: string) => createToken({ name, pattern, label: `"${pattern}"` });
export const NotEquals = sign('NotEquals', '!=');
export const Equals = sign('Equals', '=');
export const LessOrEqual = sign('LessOrEqual', '<=');
export const Less = sign('Less', '<');
export const GreaterOrEqual = sign('GreaterOrEqual', '>=');
export const Greater = sign('Greater', '>');
export const Open = sign('Open', '(');
export const Close = sign('Close', ')');
export const Comma = sign('Comma', ',');
const Space = createToken({ name: 'Space', pattern: /\s+/, group: Lexer.SKIPPED });

export const tokens: TokenType[] = [
  Space,
  Quoted,
  NotEquals,
  Equals,
  LessOrEqual,
  Less,
  GreaterOrEqual,
  Greater,
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
export const lexer = new Lexer(tokens);
