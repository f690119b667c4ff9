import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fieldsOption } from '../../../cli/fields.ts';

const { parse } = fieldsOption('fields');

describe('--field', () => {
  it('takes all after the first = as the value: spaces, commas, =, line breaks and nothing at all', () => {
    const raw = ['short_description=Deploy, now', 'description=a = b\nc', 'u_note=', ' state = -1'];
    expect(parse(raw)).toEqual({
      value: { short_description: 'Deploy, now', description: 'a = b\nc', u_note: '', state: ' -1' },
    });
  });

  it('takes labels as names, whatever is in them', () => {
    expect(parse(['Short description=Deploy', 'Größe (m²)=1', '__proto__=x', 'constructor=y'])).toEqual({
      value: Object.fromEntries([
        ['Short description', 'Deploy'],
        ['Größe (m²)', '1'],
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ]),
    });
  });

  it.each([
    ['one\\ntwo', 'one\ntwo'],
    ['C:\\\\new', 'C:\\new'],
    ['C:\\temp\\', 'C:\\temp\\'],
    ['\\\\n', '\\n'],
    ['@@all', '@all'],
    ['a@b', 'a@b'],
  ])('reads the value %j as %j', (text, value) => {
    expect(parse([`description=${text}`])).toEqual({ value: { description: value } });
  });

  it('is one on each line of a variable, and a mapping in a file, whose values are as they are', () => {
    expect(parse('a=1\nb=2\\n3\n')).toEqual({ value: { a: '1', b: '2\n3' } });
    expect(parse({ a: 1, b: true, 'Label C': '@x\\n' })).toEqual({ value: { a: '1', b: 'true', 'Label C': '@x\\n' } });
  });

  it('says what is wrong', () => {
    expect(parse(['nonsense'])).toEqual({ fault: expect.stringContaining('not "nonsense"') });
    expect(parse(['=x'])).toEqual({ fault: expect.stringContaining('no name of a field') });
    expect(parse(['a\tb=x'])).toEqual({ fault: expect.stringContaining('no name of a field') });
    expect(parse(['a=1', 'a=2'])).toEqual({ fault: 'gives a twice' });
    expect(parse(7)).toEqual({ fault: expect.stringContaining('expected column=value') });
    expect(parse({ a: { b: 1 } })).toEqual({ fault: 'expected a text as the value of a' });
  });
});

describe('--field column=@FILE', () => {
  let directory = '';
  const file = (name: string, content: string | Buffer) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ticketgate-test-fields-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('takes the text of the file as it is, without the line end at its end', () => {
    const path = file('notes.txt', '@home\\n\nsecond = line\n\n');
    expect(parse([`description=@${path}`])).toEqual({ value: { description: '@home\\n\nsecond = line\n' } });
  });

  it('refuses a file that cannot be read, that is no text, and no file at all', () => {
    const binary = file('binary', Buffer.from([0xff, 0xfe, 0x00]));
    for (const [value, reason] of [
      ['@/nowhere.txt', 'ENOENT'],
      [`@${binary}`, 'not valid for encoding utf-8'],
      ['@', 'must be followed by a file'],
    ])
      expect(parse([`description=${value}`])).toEqual({ fault: expect.stringContaining(reason ?? '') });
  });
});
