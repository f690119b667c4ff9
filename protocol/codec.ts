import { type DelegateMessage, type ManagerMessage, type MessageType, messages } from './messages.ts';
import { type Check, type Clean, compileCheck, compileClean, describeFaults } from './validation.ts';

export type Decoded<M> = { readonly message: M } | { readonly fault: string };

/** Reads a frame that a delegate sent. The fault is a close reason: it names the message, the field and what was expected. */
export function decodeFromDelegate(frame: string): Decoded<DelegateMessage> {
  return decode(frame, 'D→M');
}

/** Reads a frame that a manager sent. */
export function decodeFromManager(frame: string): Decoded<ManagerMessage> {
  return decode(frame, 'M→D');
}

/** Writes a message as a frame. */
export function encode(message: DelegateMessage | ManagerMessage): string {
  return JSON.stringify(message);
}

const readers = new Map<string, { readonly check: Check<unknown>; readonly clean: Clean }>(
  Object.entries(messages).map(([type, { schema }]) => [
    type,
    { check: compileCheck(schema), clean: compileClean(schema) },
  ]),
);

/** The schema is looked up by `type` before validating: a union would report the faults of the wrong member. */
function decode<M>(frame: string, direction: 'D→M' | 'M→D'): Decoded<M> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(frame);
  } catch {
    return { fault: 'the frame is not JSON' };
  }
  if (typeof parsed !== 'object' || parsed === null || !('type' in parsed) || typeof parsed.type !== 'string')
    return { fault: 'the frame is not an object with a type' };
  const { type } = parsed;
  const reader = readers.get(type);
  if (!reader) return { fault: `unknown message ${JSON.stringify(type.slice(0, 40))}` };
  const travels = messages[type as MessageType].direction;
  if (travels !== direction && travels !== 'both') return { fault: `${type} travels the other way` };
  const checked = reader.check(parsed);
  if ('faults' in checked) return { fault: `${type}: ${describeFaults(checked.faults)}` };
  // What is not of the message goes no further: it could be spread into an answer, or stored.
  return { message: reader.clean(checked.value) as M };
}
