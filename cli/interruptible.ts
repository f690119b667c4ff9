import { InterruptedError } from './api-errors.ts';
import type { Io } from './io.ts';

/**
 * Does what outlives this command. Ctrl-C ends the waiting for it with an InterruptedError that says what goes on; the
 * signal tells the work that nobody listens any more.
 */
export async function untilInterrupted<T>(
  io: Io,
  work: (interrupted: AbortSignal) => Promise<T>,
  describe: () => { readonly message: string; readonly remedy: string },
): Promise<T> {
  const stop = new AbortController();
  const interrupted = Promise.withResolvers<never>();
  const ignore = io.onInterrupt(() => {
    const { message, remedy } = describe();
    stop.abort();
    interrupted.reject(new InterruptedError(message, remedy));
  });
  try {
    return await Promise.race([work(stop.signal), interrupted.promise]);
  } finally {
    ignore();
  }
}
