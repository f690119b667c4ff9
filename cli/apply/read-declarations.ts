import { resolve } from 'node:path';
import { type Document, isNode, LineCounter, parseAllDocuments } from 'yaml';
import type { Authentication, SecretRef } from '#protocol/authentication.ts';
import type { Fault } from '#protocol/validation.ts';
import { describeYamlFault } from '../yaml-fault.ts';
import type { Declared, File, ValueFrom } from './declaration.ts';
import { checkDeclarations } from './declaration-faults.ts';
import { foldName } from './fold-name.ts';
import type { Source } from './sources.ts';

/** Reads YAML texts, each of one or several documents. A fault names file, line and path. */
export function readDeclarations(
  sources: readonly Source[],
): { readonly declared: Declared } | { readonly faults: readonly string[] } {
  const read = sources.flatMap(readSource);
  const found = read.flatMap((one) => ('declared' in one ? [one.declared] : []));
  const declared = {
    secrets: found.flatMap(({ secrets }) => secrets),
    connectors: found.flatMap(({ connectors }) => connectors),
    apiTokens: found.flatMap(({ apiTokens }) => apiTokens),
    delegateTokens: found.flatMap(({ delegateTokens }) => delegateTokens),
  };
  const faults = [
    ...read.flatMap((one) => ('faults' in one ? one.faults : [])),
    ...findRepeated('secret', declared.secrets),
    ...findRepeated('connector', declared.connectors),
    ...findRepeated('API token', declared.apiTokens),
    ...findRepeated('delegate token', declared.delegateTokens),
  ];
  if (faults.length > 0) return { faults };
  const isEmpty = Object.values(declared).every((items) => items.length === 0);
  return isEmpty ? { faults: [`${sources.map(({ name }) => name).join(', ')}: nothing is declared`] } : { declared };
}

function findRepeated(what: string, items: readonly { readonly name: string; readonly at: string }[]): string[] {
  const first = new Map<string, string>();
  return items.flatMap(({ name, at }) => {
    const before = first.get(foldName(name));
    if (before !== undefined) return [`${at}: ${what} "${name}" is declared at ${before} already`];
    first.set(foldName(name), at);
    return [];
  });
}

type ReadDocument = { readonly declared: Declared } | { readonly faults: readonly string[] };

function readSource({ name, folder, text }: Source): ReadDocument[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  return documents.map((document): ReadDocument => {
    const at = (offset: number) => `${name}:${lines.linePos(offset).line}`;
    const broken = [...document.errors, ...document.warnings];
    if (broken.length > 0) return { faults: broken.map((fault) => `${at(fault.pos[0])}: ${describeYamlFault(fault)}`) };
    const placed = (path: string) => at(offsetOf(document, path));
    const value = toValue(document);
    if (value === undefined) return { faults: [`${at(0)}: its aliases (*name) stand for too much, or for nothing`] };
    const checked = checkDeclarations(value);
    if ('value' in checked) return { declared: declare(checked.value, folder, placed) };
    return { faults: checked.faults.map((fault) => `${placed(fault.path)}: ${describe(fault)}`) };
  });
}

/** The document as plain values; undefined when its aliases grow beyond measure. An empty document declares nothing. */
function toValue(document: Document.Parsed): unknown {
  try {
    return document.toJS() ?? {};
  } catch {
    return undefined;
  }
}

function describe({ path, message }: Fault): string {
  const words = path
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
    .replace(/^\./, '');
  return words === '' ? message : `${words} ${message}`;
}

/** Where in the text a JSON pointer leads, or the nearest of what is around it. */
function offsetOf(document: Document.Parsed, pointer: string): number {
  const path = pointer
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

function declare(file: File, folder: string, placed: (path: string) => string): Declared {
  const { secrets = [], connectors = [], apiTokens = [], delegateTokens = [] } = file;
  return {
    secrets: secrets.map(({ name, scope, valueFrom }, index) => ({
      name,
      at: placed(`/secrets/${index}`),
      ...(scope && { scope }),
      ...(valueFrom && { valueFrom: fromFolder(valueFrom, folder) }),
    })),
    connectors: connectors.map((connector, index) => ({
      ...connector,
      // It was checked by the form of its kind.
      authentication: connector.authentication as unknown as Authentication<SecretRef>,
      at: placed(`/connectors/${index}`),
    })),
    apiTokens: apiTokens.map((token, index) => ({ ...token, at: placed(`/apiTokens/${index}`) })),
    delegateTokens: delegateTokens.map((token, index) => ({ ...token, at: placed(`/delegateTokens/${index}`) })),
  };
}

function fromFolder(valueFrom: ValueFrom, folder: string): ValueFrom {
  return 'file' in valueFrom ? { file: resolve(folder, valueFrom.file) } : valueFrom;
}
