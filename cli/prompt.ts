import type { ReadStream } from 'node:tty';
import { UsageError } from '#runtime/options.ts';

/** Asks for a line on a terminal without showing what is typed. Throws UsageError when it is given up. */
export async function askHidden(
  input: ReadStream,
  writeErr: (text: string) => void,
  question: string,
): Promise<string> {
  if (!input.isTTY) throw new UsageError('there is no terminal to ask on: give the value with --from-stdin');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let typed = '';
  const onData = (chunk: string) => {
    for (const key of chunk) {
      if (key === '\r' || key === '\n') return resolve(typed);
      if (key === '\u0003' || key === '\u0004') return reject(new UsageError('given up: nothing was stored'));
      typed = key === '\u007f' || key === '\b' ? [...typed].slice(0, -1).join('') : typed + key;
    }
  };
  // Without echo first: whoever types at once must not see it either.
  input.setRawMode(true).setEncoding('utf8').on('data', onData).resume();
  try {
    writeErr(question);
    return await promise;
  } finally {
    input.off('data', onData).setRawMode(false).pause();
    writeErr('\n');
  }
}
