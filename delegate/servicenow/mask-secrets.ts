import { secretsOf } from '#protocol/authentication.ts';
import type { OpenTarget } from '../core/handler.ts';
import type { Judged } from './answer.ts';
import type { TransportResult } from './transport.ts';

/** Replaces the secrets of a target, what is made of them for the wire, and `more` secrets in a text, escaped or not. */
export function maskSecrets(text: string, { authentication }: OpenTarget, more: readonly string[] = []): string {
  const secrets = [...secretsOf(authentication).map(({ secret }) => secret), ...more].filter((secret) => secret !== '');
  if (authentication.kind === 'basic') {
    const { username, password } = authentication;
    secrets.unshift(Buffer.from(`${username}:${password}`, 'utf8').toString('base64'));
  }
  return secrets.reduce(
    (masked, secret) =>
      secret.length > longestPattern
        ? [secret, ...encode(secret)].reduce((rest, form) => rest.replaceAll(form, '[masked]'), masked)
        : masked.replace(matchEscaped(secret), '[masked]'),
    text,
  );
}

/** In characters; a pattern of many thousand is refused. What is longer is a token, which has little to escape. */
const longestPattern = 500;

function encode(secret: string): string[] {
  const inForm = new URLSearchParams({ s: secret }).toString().slice(2);
  return [inForm, inForm.replaceAll('+', '%20'), JSON.stringify(secret).slice(1, -1)];
}

/** Matches a text whichever of its characters are escaped, as in JSON, HTML, a form or a path. */
function matchEscaped(text: string): RegExp {
  return new RegExp([...text].map((each) => `(?:${writeForms(each).join('|')})`).join(''), 'gu');
}

/** The forms of one character, as patterns; the bare one is last, since an escaped backslash begins with one. */
function writeForms(character: string): string[] {
  if (/[A-Za-z0-9]/.test(character)) return [character];
  const codePoint = character.codePointAt(0) ?? 0;
  const hex = codePoint.toString(16);
  const bare = `\\u{${hex}}`;
  const units = character.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  const bytes = [...Buffer.from(character, 'utf8')].map((byte) => byte.toString(16).padStart(2, '0'));
  const name = htmlNames.get(character);
  return [
    units.map((unit) => `\\\\u${inAnyCase(unit)}`).join(''),
    ...('"\\/'.includes(character) ? [`\\\\${bare}`] : []),
    `${ampersand}#0*${codePoint};`,
    `${ampersand}#[xX]0*${inAnyCase(hex)};`,
    ...(name === undefined ? [] : [`${ampersand}${name};`]),
    bytes.map((byte) => `%${inAnyCase(byte)}`).join(''),
    ...(character === ' ' ? ['\\+'] : []),
    bare,
  ];
}

const htmlNames: ReadonlyMap<string, string> = new Map([
  ['<', 'lt'],
  ['>', 'gt'],
  ['&', 'amp'],
  ['"', 'quot'],
  ["'", 'apos'],
]);

/** HTML in JSON may have its own escaped. */
const ampersand = '(?:&|\\\\u0026)';

function inAnyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/**
 * Judges an outcome so that a failure quotes what ServiceNow, or something in its place, says without the secrets that it
 * may echo. The body is masked before it is quoted, since a quotation may be cut in the middle of a secret, and the
 * message after, since what is no body may be quoted, too.
 */
export function judgeMasked<T>(
  judge: (outcome: TransportResult) => Judged<T>,
  outcome: TransportResult,
  target: OpenTarget,
  more: readonly string[] = [],
): Judged<T> {
  const judged = judge(outcome);
  if (judged.kind === 'ok' || outcome.kind !== 'answer') return judged;
  const again = judge({ ...outcome, body: maskSecrets(outcome.body, target, more) });
  const quoted = again.kind === 'failed' && again.failure.code === judged.failure.code ? again : judged;
  return { ...judged, failure: { ...judged.failure, message: maskSecrets(quoted.failure.message, target, more) } };
}
