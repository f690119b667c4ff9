import { describe, expect, it } from 'vitest';
import { readDeclarations } from '../../../../cli/apply/read-declarations.ts';

const read = (text: string) => readDeclarations([{ name: 'a.yaml', folder: '/etc/gate', text }]);

const connector = (more: string, authentication = '{ kind: api-key, apiKey: { secret: key } }') =>
  `connectors:\n  - name: dev\n    url: https://sn.example\n    authentication: ${authentication}\n${more}`;

describe('a file of declarations', () => {
  it('is read with the place of each thing, over several documents and files', () => {
    const text = `# passwords
secrets:
  - name: password
    scope: { applications: [shop], environments: [non-production] }
    valueFrom: { env: SNOW_PASSWORD }
  - name: other
    valueFrom: { file: secrets/other }
---
---
${connector('    selectors: [dc1]\n    skipValidation: true\n')}`;
    const second = `apiTokens: [{ name: ci, role: pipeline, expires: 365d }]\ndelegateTokens:\n- name: dc1\n`;
    const sources = [
      { name: 'a.yaml', folder: '/etc/gate', text },
      { name: 'b.yaml', folder: '', text: second },
    ];
    expect(readDeclarations(sources)).toEqual({
      declared: {
        secrets: [
          {
            name: 'password',
            scope: { applications: ['shop'], environments: ['non-production'] },
            valueFrom: { env: 'SNOW_PASSWORD' },
            at: 'a.yaml:3',
          },
          { name: 'other', valueFrom: { file: '/etc/gate/secrets/other' }, at: 'a.yaml:6' },
        ],
        connectors: [
          {
            name: 'dev',
            url: 'https://sn.example',
            authentication: { kind: 'api-key', apiKey: { secret: 'key' } },
            selectors: ['dc1'],
            skipValidation: true,
            at: 'a.yaml:11',
          },
        ],
        apiTokens: [{ name: 'ci', role: 'pipeline', expires: '365d', at: 'b.yaml:1' }],
        delegateTokens: [{ name: 'dc1', at: 'b.yaml:3' }],
      },
    });
  });

  it.each([
    ['nothing', '', ['a.yaml: nothing is declared']],
    ['what is no mapping', '- a', ['a.yaml:1: must be object']],
    ['broken YAML', 'secrets:\n  - name: [', ['a.yaml:2: is no valid YAML: bad indent']],
    ['a tag that means nothing', 'secrets: !vault x', ['a.yaml:1: is no valid YAML: tag resolve failed']],
    ['an unknown key', 'secret: []', ['a.yaml:1: has unknown properties: secret']],
    [
      'an unknown key within',
      'secrets:\n- name: a\n- name: b\n  colour: red',
      ['a.yaml:3: secrets[1] has unknown properties: colour'],
    ],
    ['a key given twice', 'secrets: []\nsecrets: []', ['a.yaml:2: is no valid YAML: duplicate key']],
    ['what is missing', 'apiTokens:\n- name: a', ['a.yaml:2: apiTokens[0] lacks role']],
    ['a wrong role', 'apiTokens:\n- name: a\n  role: boss', ['a.yaml:3: apiTokens[0].role must be one of admin, ']],
    [
      'a wrong expiry',
      'apiTokens:\n- name: a\n  role: viewer\n  expires: 5000d\ndelegateTokens:\n- name: b\n  expires: soon',
      ['a.yaml:4: apiTokens[0].expires must be a duration', 'a.yaml:7: delegateTokens[0].expires must be a duration'],
    ],
    ['half a scope', 'secrets:\n- name: a\n  scope: { applications: all }', ['a.yaml:3: secrets[0].scope lacks env']],
    [
      'a wrong environment',
      'secrets:\n- name: a\n  scope: { applications: all, environments: [dev] }',
      ['a.yaml:3: secrets[0].scope.environments must have one of its forms'],
    ],
    ['an address with a query', connector('').replace('.example', '.example/?a=b'), ['a.yaml:3: connectors[0].url']],
    ['a selector of no legal form', connector('    selectors: ["a b"]'), ['a.yaml:5: connectors[0].selectors cannot']],
    [
      'an unknown log-in',
      connector('', '{ kind: ntlm }'),
      ['a.yaml:4: connectors[0].authentication.kind must be one of basic, oauth-client-credentials'],
    ],
    [
      'a log-in that lacks what its kind needs',
      connector('', '{ kind: basic, user: a }'),
      [
        'a.yaml:4: connectors[0].authentication lacks username, password',
        'a.yaml:4: connectors[0].authentication has unknown properties: user',
      ],
    ],
    [
      'the same name twice',
      'delegateTokens:\n- name: a\n- name: a',
      ['a.yaml:3: delegate token "a" is declared at a.yaml:2 already'],
    ],
    [
      'the same name twice, in another case',
      'secrets:\n- name: a\n- name: A',
      ['a.yaml:3: secret "A" is declared at a.yaml:2 already'],
    ],
  ])('is refused with line and path: %s', (_name, text, faults) => {
    expect(read(text)).toEqual({ faults: faults.map((fault) => expect.stringContaining(fault)) });
  });

  it('is refused when a value of a secret stands in it, and the value is not repeated', () => {
    const plain = read('secrets:\n  - name: a\n    value: hunter2\n  - name: b\n    value: { x: hunter2 }');
    expect(plain).toEqual({
      faults: [
        expect.stringMatching(/^a\.yaml:3: secrets\[0\]\.value is refused: .*valueFrom: \{ env: NAME \}/),
        expect.stringMatching(/^a\.yaml:5: secrets\[1\]\.value is refused/),
      ],
    });
    const password = read(connector('', '{ kind: basic, username: u, password: hunter2 }'));
    expect(password).toEqual({ faults: ['a.yaml:4: connectors[0].authentication.password must be object'] });
    expect(JSON.stringify([plain, password, read('secrets: [hunter2'), read('a: hunter2: x')])).not.toMatch(/hunter2/);
  });

  it.each([
    'secrets:\n  - name: a\n    value: "x"hunter2\n',
    'secrets:\n  - name: a\n    value: *hunter2\n',
    'secrets:\n  - name: a\n    hunter2: *b\n',
    'secrets:\n  - name: a\n    value: @hunter2\n',
    'secrets:\n  - name: a\n    value: `hunter2\n',
    'secrets:\n  - name: a\n    value: !hunter2 x\n',
    'secrets:\n  - name: a\n    value: "ab\\hunter2"\n',
    'secrets:\n  - name: a\n    value: %hunter2 : x: y\n',
    'secrets:\n  - name: a\n    value: |hunter2\n      x\n',
    '- a\n}hunter2\n',
  ])('that is no YAML tells where and what kind of fault, and repeats nothing of it: %j', (text) => {
    const refused = read(text);
    expect(refused).toEqual({ faults: expect.arrayContaining([expect.stringMatching(/^a\.yaml:\d+: /)]) });
    expect(JSON.stringify(refused)).not.toContain('hunter2');
  });

  it('does not grow beyond measure by its aliases', () => {
    const bomb = Array.from({ length: 9 }, (_, i) => `a${i}: &a${i} [${(i === 0 ? 'x,' : `*a${i - 1},`).repeat(9)}]`);
    expect(read(bomb.join('\n'))).toEqual({ faults: [expect.stringContaining('a.yaml:1: its aliases')] });
  });
});
