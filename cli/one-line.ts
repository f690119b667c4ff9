/** Puts a text that others wrote on one line: a line end or another control character could be taken for a command to a CI system. */
export function oneLine(text: string): string {
  return text.replaceAll(/\r\n|[\p{Cc}\u2028\u2029]/gu, (found) => {
    if (found === '\n' || found === '\r\n') return '\\n';
    return found === '\t' ? ' ' : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
