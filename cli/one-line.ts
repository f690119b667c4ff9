/**
 * Puts a text that others wrote on one line, as a terminal and a CI system can be shown it: no line end or control
 * character could begin a command to either, and `##vso[`, which Azure Pipelines obeys anywhere in a line, is broken up.
 */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\r\n|[\p{Cc}\u2028\u2029]/gu, (found) => {
    if (found === '\n' || found === '\r\n') return '\\n';
    return found === '\t' ? ' ' : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return line.replaceAll(/##(?=vso\[)/gi, '## ');
}
