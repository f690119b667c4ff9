import type { Finding } from '#protocol/finding.ts';
import type { AssignmentKey, Message } from '#protocol/messages.ts';

const maxTextLength = 2_048;

/** Makes the message that tells a finding, with its texts cut to what the protocol allows. */
export function composeProgress(
  { taskId, attempt }: AssignmentKey,
  { probe, status, message, remedy }: Finding,
): Message<'task.progress'> {
  const finding = {
    probe: probe.slice(0, 64),
    status,
    message: message.slice(0, maxTextLength),
    ...(remedy === undefined ? {} : { remedy: remedy.slice(0, maxTextLength) }),
  };
  return { type: 'task.progress', taskId, attempt, finding };
}
