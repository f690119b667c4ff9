import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../../delegate/servicenow/template-text.ts';

describe('the text of a form template', () => {
  const texts: readonly [string, string, Record<string, string>, readonly string[]][] = [
    ['values up to its end', 'short_description=a b^category=c^EQ', { short_description: 'a b', category: 'c' }, []],
    ['lines and further equals signs', 'description=a\nb=c^EQ', { description: 'a\nb=c' }, []],
    ['a doubled caret', 'description=2^^3^state=1', { description: '2^3', state: '1' }, []],
    ['a caret at the end of a value', 'a=Cost 2^^^b=^^x^^^^^c=1^EQ', { a: 'Cost 2^', b: '^x^^', c: '1' }, []],
    ['empty values as none', 'a=^b=1', { b: '1' }, []],
    ['nothing', '', {}, []],
    ['no scripts', 'opened_at=javascript:gs.nowDateTime()^a=1', { a: '1' }, ['opened_at=javascript:gs.nowDateTime()']],
    ['no columns of the system', 'sys_id=x^a=1', { a: '1' }, ['sys_id=x']],
    ['no operators', 'aSAMEASb^a.b=1^c=2', { c: '2' }, ['aSAMEASb', 'a.b=1']],
  ];
  it.each(texts)('gives %s', (_name, text, fields, unread) => {
    expect(parseTemplate(text)).toEqual({ fields, unread });
  });
});
