import type { YAMLError } from 'yaml';

/** Says what is wrong with YAML without the parser's own words: these quote the text, where a secret may stand. */
export function describeYamlFault({ code }: YAMLError): string {
  return `is no valid YAML: ${code.toLowerCase().replaceAll('_', ' ')}`;
}
