/** Markup that is safe to put into a page as it is. */
export interface Markup {
  readonly markup: string;
}

type Piece = Markup | string | number | undefined | readonly Markup[];

/** Makes markup of a template; every text that is put into it is escaped, in elements and in quoted attributes. */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return { markup: parts.reduce((text, part, index) => text + write(pieces[index - 1]) + part) };
}

function write(piece: Piece): string {
  if (piece === undefined) return '';
  if (typeof piece === 'string' || typeof piece === 'number') return escapeHtml(String(piece));
  return 'markup' in piece ? piece.markup : piece.map(({ markup }) => markup).join('');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
