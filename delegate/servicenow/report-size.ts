import { limits } from '#protocol/limits.ts';

/** Tells whether a result fits into the frame of a report, which has notes, a failure and its envelope besides. */
export function fitsIntoReport(result: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(result), 'utf8') <= limits.maxFrameBytes - besideResult;
}

/** 100 notes of 1,024 characters and a failure's texts, each character of three bytes at most. */
const besideResult = 500_000;

/** Cuts a text from elsewhere that is to stay as it is otherwise: without control characters, which take six bytes each. */
export function boundText(text: string, mostCharacters: number): string {
  const cut = text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1)}…` : text;
  return cut.toWellFormed().replace(/\p{Cc}+/gu, ' ');
}
