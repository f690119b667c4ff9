import { Delegate, type DelegateState } from '../../../delegate/core/delegate.ts';
import type { LinkEnd, LinkEvents, RedialHistory } from '../../../delegate/core/link.ts';
import { HeldHandlers, RecordingLog, RecordingSession, settle, welcome } from './fixtures.ts';
import { ManualClock } from './manual-clock.ts';

export const brokenOff: LinkEnd = {
  by: 'network',
  closeName: undefined,
  code: 1006,
  reason: 'the connection broke',
  remedy: '',
  after: 'redial',
};

/** A dial whose other end is the test; a close is followed by the end, as with a real socket. */
export class FakeDial extends RecordingSession {
  readonly events: LinkEvents;

  constructor(events: LinkEvents) {
    super();
    this.events = events;
  }

  override close(name: string, reason: string): void {
    super.close(name, reason);
    this.events.ended({ ...brokenOff, by: 'delegate', code: 1000, reason });
  }
}

/** A delegate whose dials the test answers, and a clock that stands still. */
export function createDelegateWorld() {
  const clock = new ManualClock();
  const held = new HeldHandlers();
  const log = new RecordingLog();
  const dials: FakeDial[] = [];
  const states: DelegateState[] = [];
  const histories: RedialHistory[] = [];
  const probes: { readonly signal: AbortSignal; readonly end: () => void }[] = [];
  const delegate = new Delegate({
    capacity: 10,
    drainTimeoutMs: 30_000,
    lastWordsMs: 2_000,
    handlers: held.handlers,
    policy: {},
    probeReach: (_baseUrl, signal) =>
      new Promise((resolve) => {
        probes.push({ signal, end: () => resolve({ kind: 'live' }) });
      }),
    link: {
      dial: (_inFlight, events) => {
        const dial = new FakeDial(events);
        dials.push(dial);
        return dial;
      },
    },
    redial: (history) => {
      histories.push(history);
      return { waitMs: 1_000, failures: history.failures + 1 };
    },
    clock,
    log,
    onWelcome: () => {},
    onStateChange: (to) => states.push(to),
  });
  const lastDial = () => {
    const dial = dials.at(-1);
    if (!dial) throw new Error('nothing was dialled');
    return dial;
  };
  const getWelcomed = async () => {
    lastDial().events.welcomed(welcome);
    await settle();
    return lastDial();
  };
  return { clock, held, log, dials, states, histories, probes, delegate, lastDial, getWelcomed };
}
