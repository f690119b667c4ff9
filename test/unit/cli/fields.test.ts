import { describe, expect, it } from 'vitest';
import { fieldsOption } from '../../../cli/fields.ts';

const { parse } = fieldsOption('fields');

describe('--field', () => {
  it('takes all after the first = as the value: spaces, commas, =, line breaks and nothing at all', () => {
    const raw = ['short_description=Deploy, now', 'description=a = b\nc', 'u_note=', ' state = -1'];
    expect(parse(raw)).toEqual({
      value: { short_description: 'Deploy, now', description: 'a = b\nc', u_note: '', state: ' -1' },
    });
  });

  it('is one on each line of a variable, and a mapping in a file', () => {
    expect(parse('a=1\nb=2\n')).toEqual({ value: { a: '1', b: '2' } });
    expect(parse({ a: 1, b: true, c: 'x' })).toEqual({ value: { a: '1', b: 'true', c: 'x' } });
  });

  it('says what is wrong', () => {
    expect(parse(['nonsense'])).toEqual({ fault: expect.stringContaining('not "nonsense"') });
    expect(parse(['Label With Spaces=x'])).toEqual({ fault: expect.stringContaining('a column name') });
    expect(parse(['a=1', 'a=2'])).toEqual({ fault: 'gives a twice' });
    expect(parse(7)).toEqual({ fault: 'expected column=value' });
    expect(parse({ a: { b: 1 } })).toEqual({ fault: 'expected column=value' });
  });
});
