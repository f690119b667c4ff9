/** What a body that is not JSON turns out to be. */
export type PageKind = 'hibernating' | 'login' | 'maintenance' | 'other';

export interface Page {
  readonly kind: PageKind;
  /** The page's title, or the beginning of its text; for messages. */
  readonly title: string;
}

/** Recognises the pages that stand in for ServiceNow, by marks in their HTML (traps 4 and 5). */
export function recognisePage(body: string): Page {
  const head = body.slice(0, mostCharactersSearched);
  return { kind: recogniseKind(head), title: readTitle(head) };
}

/** Tells whether a redirect leads to a log-in: ServiceNow's own, its log-out page, or an identity provider. */
export function leadsToLogin(location: string): boolean {
  return loginLocation.test(location);
}

/** Makes text from elsewhere fit for a message: one line, no control characters, no mark-up, shortened. */
export function cleanText(text: string, mostCharacters = 300): string {
  const line = text
    .slice(0, mostCharacters * 20)
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim();
  return line.length > mostCharacters ? `${line.slice(0, mostCharacters - 1)}…` : line;
}

// Every repetition below is bounded: a page is not ours and must not be able to keep the expressions busy.
const mostCharactersSearched = 100_000;

// ServiceNow's own CI/CD extension matches the same class name on status 200.
const hibernation = /class\s*=\s*["'][^"']{0,200}\binstance-hibernating-page\b/i;

const loginForm =
  /<input[^>]{0,500}type\s*=\s*["']?password|name\s*=\s*["']?(user_password|SAMLRequest)\b|sysverb_login|login\.do\b|<title[^>]{0,200}>[^<]{0,300}\b(log|sign)[ -]?(in|on)\b/i;

const maintenanceTitle =
  /<title[^>]{0,200}>[^<]{0,300}\b(maintenance|unavailable|upgrad|restarting|starting up|offline)/i;

const loginLocation =
  /\b(login|logout_success|logout_redirect|login_with_sso|login_redirect|external_logout_complete|auth_redirect|validate_multifactor_auth_code|security_interceptor|saml_redirector)\w*\.do\b|\/(login|signin|sign-in|saml2?|sso|oauth2?|authorize|adfs|openid-connect|idp)(\/|\?|$)|[?&](SAMLRequest|client_id|response_type)=/i;

function recogniseKind(head: string): PageKind {
  if (hibernation.test(head)) return 'hibernating';
  if (loginForm.test(head)) return 'login';
  if (maintenanceTitle.test(head)) return 'maintenance';
  return 'other';
}

function readTitle(head: string): string {
  const title =
    /<title[^>]{0,200}>([^<]{1,500})/i.exec(head)?.[1] ??
    head.slice(0, 5_000).replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ');
  return cleanText(title, 120);
}
