import type { Policy } from '#protocol/policy.ts';
import { Executor } from '../../../delegate/core/executor.ts';
import type { SessionSend } from '../../../delegate/core/link.ts';
import { Outbox } from '../../../delegate/core/outbox.ts';
import { HeldHandlers, RecordingLog, RecordingSession } from './fixtures.ts';
import { ManualClock } from './manual-clock.ts';

/** An executor with an outbox in a session, handlers that wait, and a clock that stands still. */
export function createExecutorWorld({ capacity = 2, policy = {} }: { capacity?: number; policy?: Policy } = {}) {
  const clock = new ManualClock();
  const log = new RecordingLog();
  const held = new HeldHandlers();
  const session = new RecordingSession();
  const outbox = new Outbox({ log, changed: () => {} });
  outbox.attach({ session, maxFrameBytes: 4_194_304 });
  const { handlers } = held;
  const say = (message: SessionSend) => session.send(message);
  const executor = new Executor({ capacity, handlers, policy, outbox, say, clock, log, changed: () => {} });
  const reports = () => session.sent.filter((message) => message.type === 'task.report');
  return { clock, log, held, session, outbox, executor, reports };
}
