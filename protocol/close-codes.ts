/** What the delegate does after a close: leave for good, redial at once with backoff, or redial slowly. */
export type AfterClose = 'end' | 'redial' | 'redial-slowly';

interface CloseCode {
  readonly code: number;
  readonly delegate: AfterClose;
}

/** PROTOCOL.md, section 8. */
export const closeCodes = {
  normal: { code: 1000, delegate: 'end' },
  'going-away': { code: 1001, delegate: 'redial' },
  'frame-too-large': { code: 1009, delegate: 'redial-slowly' },
  'protocol-error': { code: 4400, delegate: 'redial-slowly' },
  'token-unknown': { code: 4401, delegate: 'redial-slowly' },
  'token-expired': { code: 4402, delegate: 'redial-slowly' },
  'token-revoked': { code: 4403, delegate: 'redial-slowly' },
  'revision-unsupported': { code: 4406, delegate: 'redial-slowly' },
  timeout: { code: 4408, delegate: 'redial' },
  'identity-conflict': { code: 4409, delegate: 'redial-slowly' },
  replaced: { code: 4410, delegate: 'redial' },
  'delegate-rejected': { code: 4411, delegate: 'redial-slowly' },
  flooding: { code: 4429, delegate: 'redial-slowly' },
  internal: { code: 4500, delegate: 'redial' },
} as const satisfies Record<string, CloseCode>;

export type CloseName = keyof typeof closeCodes;

/** Finds the name of a code; undefined for a code that is not ours, such as 1006 of a socket that broke. */
export function closeNameOf(code: number): CloseName | undefined {
  return (Object.keys(closeCodes) as CloseName[]).find((name) => closeCodes[name].code === code);
}

const maxReasonBytes = 123;

/** Cuts a close reason to the 123 bytes that RFC 6455 allows, without splitting a character. */
export function fitReason(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(maxReasonBytes));
  return reason.slice(0, read);
}
