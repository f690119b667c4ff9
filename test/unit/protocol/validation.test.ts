import Type from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { type MessageType, messages } from '#protocol/messages.ts';
import { closed, compileCheck, compileClean } from '#protocol/validation.ts';

const schema = Type.Object({
  kind: Type.String(),
  list: Type.Array(Type.Object({ id: Type.Integer() })),
  either: Type.Union([
    Type.Object({ kind: Type.Literal('a'), a: Type.String() }),
    Type.Object({ kind: Type.Literal('b'), b: Type.Optional(Type.Integer()) }),
  ]),
  anything: Type.Optional(Type.Unknown()),
});

describe('checking a value', () => {
  it('always tells a fault of what does not fit, however many properties are unknown', () => {
    const check = compileCheck(closed(Type.Object({ a: Type.Optional(Type.String()) })));
    for (const count of [1, 8, 100]) {
      const checked = check(Object.fromEntries(Array.from({ length: count }, (_, index) => [`u${index}`, 1])));
      expect(checked).toEqual({
        faults: expect.arrayContaining([expect.objectContaining({ message: expect.stringContaining('unknown') })]),
      });
    }
  });
});

describe('taking from a value what its schema does not name', () => {
  it('does so in objects, in lists and in the member of a union that fits, and leaves free parts as they are', () => {
    const clean = compileClean(schema);
    const value = {
      kind: 'k',
      list: [{ id: 1, extra: true }],
      either: { kind: 'b', b: 2, a: 'not of b' },
      anything: { at: { all: 1 } },
      extra: 'x',
    };
    expect(clean(value)).toEqual({
      kind: 'k',
      list: [{ id: 1 }],
      either: { kind: 'b', b: 2 },
      anything: { at: { all: 1 } },
    });
  });

  // The library cannot make up a text for the patterns of hello.
  const made = (Object.keys(messages) as MessageType[]).filter((type) => type !== 'hello');

  it.each(made)('agrees with the library on %s', (type) => {
    const sample = Value.Create(messages[type].schema) as object;
    const dirty = { ...sample, stranger: { deep: 1 } };
    expect(compileClean(messages[type].schema)(dirty)).toEqual(
      Value.Clean(messages[type].schema, structuredClone(dirty)),
    );
  });
});
