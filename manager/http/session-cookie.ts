import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../core/refusal.ts';

/** Holds the API token of whoever is signed in to the console. docs/decisions/0020. */
export const sessionCookie = 'ticketgate-session';

/** Without an age: the browser forgets it when it ends. */
const attributes: CookieSerializeOptions = { path: '/', httpOnly: true, sameSite: 'strict' };

export function readSessionToken(request: FastifyRequest): string | undefined {
  const { cookie } = request.headers;
  return cookie === undefined ? undefined : request.server.parseCookie(cookie)[sessionCookie] || undefined;
}

export function writeSession(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.setCookie(sessionCookie, token, { ...attributes, secure: cameByHttps(request) });
}

export function clearSession(reply: FastifyReply): void {
  reply.clearCookie(sessionCookie, attributes);
}

const harmless: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** A browser sends the cookie whoever made it send the request: what changes something must come from our own page. */
export function refuseForged(request: FastifyRequest): void {
  if (!harmless.has(request.method) && !isOurPage(request)) throw forged();
}

/** The same where a request needs no cookie, so that programs, which name no page, may send it. */
export function refuseOtherPages(request: FastifyRequest): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if ((site !== undefined || origin !== undefined) && !isOurPage(request)) throw forged();
}

/** Browsers tell the site only over a way that they trust: to a manager at a plain http address they tell the origin. */
function isOurPage({ headers }: FastifyRequest): boolean {
  const { origin = '', host, 'sec-fetch-site': site } = headers;
  if (site !== undefined) return site === 'same-origin';
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** The manager speaks plain HTTP: that there is TLS in front is told by the proxy, or by the page's own origin. */
function cameByHttps({ headers, protocol }: FastifyRequest): boolean {
  const forwarded = headers['x-forwarded-proto']?.toString().split(',')[0]?.trim();
  return protocol === 'https' || forwarded === 'https' || (headers.origin ?? '').startsWith('https://');
}

function forged(): Refusal {
  return new Refusal(
    'cross-site-request',
    'a request with the cookie of the console did not come from a page of this manager',
    'Use the console at its own address. A program sends its token in the header "Authorization: Bearer TOKEN", without the cookie. A proxy in front must hand on the headers Host, Origin and Sec-Fetch-Site as they are.',
  );
}
