import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type KitSpec, kitKinds, resourceName, settingsOf } from '../../../manager/core/install-kits/kit.ts';
import { makeKit } from '../../../manager/core/install-kits/make-kit.ts';
import {
  quoteForCompose,
  quoteForEnvironmentFile,
  quoteForShell,
  quoteForYaml,
} from '../../../manager/core/install-kits/quoting.ts';

const line = fc
  .string({ unit: 'binary', maxLength: 40 })
  .filter((text) => !/[\n\r\0]/.test(text) && text.isWellFormed());
const word = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 }).filter((text) => !/\s/.test(text));
const spec: fc.Arbitrary<KitSpec> = fc.record({
  name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
  tags: fc.array(fc.stringMatching(/^[a-z0-9][a-z0-9._:/-]{0,20}$/), { maxLength: 3 }),
  managerUrl: word.map((path) => new URL(`https://ticketgate.example.com/${encodeURI(path)}'$(id)`).href),
  token: word,
});

function textOf(kit: ReturnType<typeof makeKit>, end: string): string {
  return kit.files.find(({ path }) => path.endsWith(end))?.text ?? '';
}

/** What the programs of a shell script are given. A word that no value holds ends each of them. */
function environmentAfter(script: string, names: readonly string[]): string[] {
  const print = names.map((name) => `printf '%s\\0' "$${name}"`).join('\n');
  const text = execFileSync('sh', ['-c', `${script}\n${print}`], { encoding: 'utf8', env: { HOME: '/nowhere' } });
  return text.split('\0').slice(0, -1);
}

describe('quoting', () => {
  it('lets a shell read the very text', () => {
    fc.assert(
      fc.property(line, (text) => {
        expect(environmentAfter(`x=${quoteForShell(text)}`, ['x'])).toEqual([text]);
      }),
      { numRuns: 60 },
    );
  });

  it('lets YAML read the very text, and always as a string', () => {
    fc.assert(
      fc.property(line, (text) => {
        expect(parse(`key: ${quoteForYaml(text)}`)).toEqual({ key: text });
      }),
    );
    for (const text of ['yes', '1e3', '', '~', '2026-01-01', 'a: b', '# c'])
      expect(parse(`key: ${quoteForYaml(text)}`)).toEqual({ key: text });
  });

  it('leaves Compose no variable to put in', () => {
    fc.assert(
      fc.property(line, (text) => {
        const read = parse(`key: ${quoteForCompose(text)}`).key as string;
        expect(read.replaceAll('$$', '')).not.toContain('$');
        expect(read.replaceAll('$$', '$')).toBe(text);
      }),
    );
  });

  it('lets systemd read the very text: within double quotes it reads as a shell does', () => {
    const text = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
    fc.assert(
      fc.property(text, (value) => {
        expect(environmentAfter(`x=${quoteForEnvironmentFile(value)}`, ['x'])).toEqual([value]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('an install kit', () => {
  it('gives the delegate its settings as they are, whatever they hold', () => {
    fc.assert(
      fc.property(spec, (given) => {
        const settings = settingsOf(given);
        const names = settings.map(([name]) => name);
        const values = settings.map(([, value]) => value);
        const wanted = Object.fromEntries(settings);

        const shell = textOf(makeKit('shell', given), '.sh').replace(/^exec .*$/m, '');
        expect(environmentAfter(shell, names)).toEqual(values);
        const unitEnvironment = textOf(makeKit('systemd', given), '.env');
        expect(environmentAfter(unitEnvironment, names)).toEqual(values);
        const docker = textOf(makeKit('docker', given), '.env').trimEnd().split('\n');
        expect(docker).toEqual(settings.map(([name, value]) => `${name}=${value}`));
        const compose = parse(textOf(makeKit('compose', given), '.yaml'));
        const interpolated = Object.entries(compose.services.delegate.environment as Record<string, string>);
        expect(Object.fromEntries(interpolated.map(([name, value]) => [name, value.replaceAll('$$', '$')]))).toEqual(
          wanted,
        );
        const [secret] = parseAllDocuments(textOf(makeKit('kubernetes', given), '.yaml'));
        expect(secret?.toJS().stringData).toEqual(wanted);
        expect(parse(textOf(makeKit('helm', given), 'values.yaml')).settings).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });

  it('says nothing of the token in its steps, and writes it into one file', () => {
    const given = { name: 'dc1', tags: ['eu'], managerUrl: 'https://tg.example.com', token: 'tgd_1_secretsecret' };
    for (const kind of kitKinds) {
      const { files, steps } = makeKit(kind, given);
      expect(steps.join('\n')).not.toContain(given.token);
      expect(files.filter(({ text }) => text.includes(given.token)).length).toBe(1);
    }
  });

  it('is YAML throughout for Kubernetes, with the name of its secret in the pod', () => {
    const given = { name: 'DC.1', tags: [], managerUrl: 'https://tg.example.com', token: 'tgd_1_x' };
    const documents = parseAllDocuments(textOf(makeKit('kubernetes', given), '.yaml')).map((each) => each.toJS());
    const name = resourceName('DC.1');
    expect(documents.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
      ['Secret', name],
      ['StatefulSet', name],
    ]);
    expect(documents[1].spec.template.spec.containers[0].envFrom).toEqual([{ secretRef: { name } }]);
    const rendered = textOf(makeKit('helm', given), 'delegate.yaml').replaceAll(/\{\{[^}]*\}\}/g, '"rendered"');
    expect(parseAllDocuments(rendered).flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('warns that an address of this machine is another one inside a container', () => {
    const given = { name: 'dc1', tags: [], managerUrl: 'http://127.0.0.1:7420', token: 'tgd_1_x' };
    expect(makeKit('docker', given).steps[0]).toContain('inside a container');
    expect(makeKit('shell', given).steps.join(' ')).not.toContain('inside a container');
  });

  it('names what a platform keeps so that it is legal there, and apart for each delegate', () => {
    const names = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
    fc.assert(
      fc.property(names, (name) => {
        expect(resourceName(name)).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
      }),
    );
    expect(new Set(['dc-1', 'dc.1', 'DC-1', 'dc_1', 'dc-1.'].map(resourceName)).size).toBe(5);
  });
});
