import { encode } from '#protocol/codec.ts';
import { limits } from '#protocol/limits.ts';
import type { AssignmentKey, Hello } from '#protocol/messages.ts';
import { knownFeatures, revision } from '#protocol/version.ts';

/** What hello says of the delegate in every session alike. */
export type DelegateIdentity = Omit<Hello, 'type' | 'revision' | 'features' | 'sealKey' | 'inFlight'>;

/**
 * Composes hello. A thousand assignments with long ids do not fit into maxHelloBytes: then the list is cut at its end,
 * where the unacknowledged reports are, which are sent again right after the welcome.
 */
export function composeHello(identity: DelegateIdentity, sealKey: string, inFlight: readonly AssignmentKey[]): Hello {
  const features = [...knownFeatures];
  const hello: Hello = { type: 'hello', revision, features, ...identity, sealKey, inFlight: [] };
  let bytes = byteLength(encode(hello));
  for (const { taskId, attempt } of inFlight.slice(0, limits.maxCapacity)) {
    bytes += byteLength(JSON.stringify({ taskId, attempt })) + 1;
    if (bytes > limits.maxHelloBytes) break;
    hello.inFlight.push({ taskId, attempt });
  }
  return hello;
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
