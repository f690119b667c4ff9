/** What a webhook's target answered, or why there is no answer, in words. */
export type WebhookAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfterMs: number | undefined;
      /** Of a redirect: the host that it names. */
      readonly redirectsTo: string | undefined;
      /** The beginning of the body. */
      readonly body: string;
    }
  | { readonly kind: 'no-answer'; readonly detail: string };

export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends messages to where a pipeline wants them, and nowhere else. */
export interface WebhookTarget {
  /** Says why nothing may be sent to a URL, as far as can be known now: a name that does not resolve may do so later. */
  findFault(url: string): Promise<string | undefined>;
  /** Never rejects. */
  post(request: WebhookRequest, stop: AbortSignal): Promise<WebhookAnswer>;
}

/** Signs as Standard Webhooks wants it. The secret is plaintext, for no longer than the call. */
export interface WebhookSigner {
  /** Says why a secret's value cannot be a key. */
  findKeyFault(secret: string): string | undefined;
  sign(secret: string, message: SignedMessage): Record<string, string>;
}

export interface SignedMessage {
  readonly id: string;
  /** When this try is made, in milliseconds since the epoch. */
  readonly at: number;
  readonly body: string;
}
