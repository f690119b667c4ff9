export interface UntilOne {
  readonly over: AbortSignal;
  /** Beside the signal: what waits by the signal alone may not come back while Redis is away. */
  readonly whenOver: Promise<undefined>;
  /** A signal that somebody listens to lives as long as the signals that it is made of. */
  forget(): void;
}

/** What is over as soon as one of these signals aborts. */
export function untilOne(signals: AbortSignal[]): UntilOne {
  const over = AbortSignal.any(signals);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  if (over.aborted) onAbort();
  over.addEventListener('abort', onAbort, { once: true });
  return { over, whenOver: promise, forget: () => over.removeEventListener('abort', onAbort) };
}
