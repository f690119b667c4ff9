import { createHash, randomUUID } from 'node:crypto';
import { type FailureCode, failureVerdicts } from '#protocol/failure.ts';
import { startDelegate } from '../../../delegate/app.ts';
import { createRedialPolicy } from '../../../delegate/link/backoff.ts';
import { createSystemClock } from '../../../delegate/link/system-clock.ts';
import { createHandlers } from '../../../delegate/servicenow/handlers.ts';
import { defaultTiming } from '../../../manager/core/timing.ts';
import { temporaryDirectory } from '../../support/directory.ts';
import { capturingLogger } from '../../support/log.ts';
import { startTestManager, type TestManager } from '../../support/manager.ts';
import {
  type Asked,
  type Delivery,
  json,
  type Reply,
  type ScriptedInstance,
  startScriptedInstance,
} from './scripted-instance.ts';

/** What a gate makes of an answer about its ticket. */
export type Verdict =
  /** It waits on, however often it comes. */
  | { readonly gate: 'noise'; readonly code: FailureCode }
  /** It fails at once when it is the first, and later after three in a row. */
  | { readonly gate: 'decisive'; readonly code: FailureCode }
  | { readonly gate: 'approved' | 'rejected' | 'waiting' };

export interface OddAnswer {
  readonly status?: number;
  /** null: none. */
  readonly type?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text as it is; else what stands in the JSON. The approved ticket that was asked for, unless given. */
  readonly body?: string | ((asked: Asked) => unknown);
  readonly delivery?: Delivery;
  /** What it does is kept by base URL, so its gates have one of their own. */
  readonly apart?: true;
  /** What it does lasts longer each time. */
  readonly notThrice?: true;
}

/** `later`: where it means something else to a reading by sys_id, as all but the first are. */
export type AnswerRow = readonly [name: string, answer: OddAnswer, verdict: Verdict, later?: Verdict];

/** How a gate lives before and with the answer: it is the first, or comes after a good one, once or three times. */
const lives = ['first', 'once', 'thrice'] as const;
type Life = (typeof lives)[number];
export type Lives = Readonly<Partial<Record<Life, string>>>;

export interface LivesWorld extends AsyncDisposable {
  readonly manager: TestManager;
  readonly instance: ScriptedInstance;
  addConnector(name: string, baseUrl: string): Promise<void>;
  startGate(change: Readonly<Record<string, unknown>>): Promise<string>;
  /** Lets the gates of a row live, and tells what became of each. */
  live(row: AnswerRow): Promise<Lives>;
}

const everyMs = 200;
/** Polls at short intervals, and leases that a busy machine keeps. */
const timing = { ...defaultTiming, pollMs: 200, shortestPollMs: everyMs };
/** Long enough for a busy machine; only answers that never end are waited for by the delegate that waits less. */
const answerTimeoutMs = { patient: 20_000, impatient: 2_000 };

/** A manager, two delegates and an instance that answers what a row says. */
export async function startLivesWorld(): Promise<LivesWorld> {
  const owned = new AsyncDisposableStack();
  const instance = owned.use(await startScriptedInstance());
  const manager = owned.use(await startTestManager({ timing }));
  await startReader(owned, manager, 'patient');
  await startReader(owned, manager, 'impatient');
  await manager.call('PUT', '/secrets/pw', { value: 'integration-password' });
  const addConnector = async (name: string, baseUrl: string): Promise<void> => {
    const authentication = { kind: 'basic', username: 'integration', password: { secret: 'pw' } };
    const connector = { name, baseUrl, authentication };
    const { status, body } = await manager.call('POST', '/connectors?skipValidation=true', connector);
    if (status !== 201) throw new Error(JSON.stringify(body));
  };
  await addConnector('snow', instance.urlAt(''));
  const startGate = async (change: Readonly<Record<string, unknown>>): Promise<string> => {
    const { status, body } = await manager.call('POST', '/approvals', {
      connector: 'snow',
      number: 'CHG1',
      approve: 'approval = approved and state = -2',
      reject: 'approval = rejected',
      every: `${everyMs}ms`,
      selectors: ['patient'],
      ...change,
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.id;
  };
  const world = { manager, instance, addConnector, startGate };
  return {
    ...world,
    live: async (row) => {
      const ends = lives.filter((life) => livesSo(row, life)).map(async (life) => [life, await live(world, row, life)]);
      return Object.fromEntries(await Promise.all(ends));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What should become of the gates of a row. */
export function expectedLives(row: AnswerRow): Lives {
  const ends = lives.filter((life) => livesSo(row, life)).map((life) => [life, writeEnd(verdictOf(row, life), life)]);
  return Object.fromEntries(ends);
}

export function standingOf(view: {
  readonly state: string;
  readonly failure?: { readonly code: string };
  readonly lastFailure?: { readonly code: string };
}): string {
  const failure = view.state === 'waiting' ? view.lastFailure : view.failure;
  return failure ? `${view.state} ${failure.code}` : view.state;
}

/** A ticket as ServiceNow shows it: every field with what is stored and its label. */
export function ticketOf(asked: Asked, approval: string): Readonly<Record<string, unknown>> {
  const cell = (value: string, shown = value) => ({ display_value: shown, value });
  return {
    sys_id: cell(asked.by === 'sys_id' ? asked.value : 'a'.repeat(32)),
    number: cell('CHG1'),
    state: cell('-2', 'Scheduled'),
    approval: cell(approval, `${approval.slice(0, 1).toUpperCase()}${approval.slice(1)}`),
  };
}

/** The program's own parts, with a time-out that a test can wait for. */
async function startReader(
  owned: AsyncDisposableStack,
  manager: TestManager,
  name: keyof typeof answerTimeoutMs,
): Promise<void> {
  const data = owned.use(await temporaryDirectory());
  const clock = createSystemClock();
  const serviceNow = createHandlers({ clock, wallClockMs: Date.now, answerTimeoutMs: answerTimeoutMs[name] });
  const settings = {
    managerUrl: manager.url,
    token: await manager.delegateToken(name),
    name,
    tags: [],
    dataDirectory: data.path,
    capacity: 100,
    policy: undefined,
    drainTimeoutMs: 0,
    lastWordsMs: 100,
  };
  const delegate = await startDelegate(settings, {
    handlers: serviceNow.handlers,
    probeReach: serviceNow.probeReach,
    closeHandlers: serviceNow.close,
    redial: createRedialPolicy(Math.random),
    clock,
    log: capturingLogger().logger,
    hostname: 'host-1',
    version: 'test',
    runId: randomUUID(),
  });
  owned.defer(() => delegate.close());
  await delegate.ready;
}

async function live(world: Omit<LivesWorld, 'live' | keyof AsyncDisposable>, row: AnswerRow, life: Life) {
  const { manager, instance } = world;
  const [name, answer] = row;
  const id = createHash('sha256').update(`${name} ${life}`).digest('hex').slice(0, 32);
  // A table of its own is a poll group of its own: its readings are nobody else's.
  const table = `u_${id}`;
  if (answer.apart) await world.addConnector(id, instance.urlAt(`${id}/`));
  const verdict = verdictOf(row, life);
  const before = life === 'first' ? 0 : 1;
  const until = before + (life === 'thrice' ? 3 : 1) * requestsOf(verdict);
  const approval = Promise.withResolvers<string>();
  const view = async (query = '') => (await manager.call('GET', `/approvals/${await approval.promise}${query}`)).body;
  const decisive = new Set<string>();
  const seen: string[] = [];
  let asks = 0;
  instance.answer(table, async (asked) => {
    asks += 1;
    const answerId = `${id}-${asks}`;
    if (asks <= before) return replyOf({ body: (of) => ({ result: [ticketOf(of, 'requested')] }) }, asked, answerId);
    if (asks <= until) {
      if (verdict.gate === 'approved' || verdict.gate === 'rejected') decisive.add(answerId);
      return replyOf(answer, asked, answerId);
    }
    // What the answers did is written before the next reading begins.
    if (asks === until + 1) seen.push(standingOf(await view()));
    decisive.add(answerId);
    return replyOf({}, asked, answerId);
  });
  const isEndless = answer.delivery === 'never-begins' || answer.delivery === 'never-ends';
  const change = { ...(answer.apart ? { connector: id } : {}), ...(isEndless ? { selectors: ['impatient'] } : {}) };
  approval.resolve(await world.startGate({ table, ...change }));
  const ended = await view('?waitMs=60000');
  const readBy: readonly string[] = ended.evidence?.reading?.requestIds ?? [];
  const isByReading = ended.state === 'approved' || ended.state === 'rejected';
  const isEvidenced = !isByReading || (readBy.length === 1 && readBy.every((each) => decisive.has(each)));
  return [...seen, `${standingOf(ended)}${isEvidenced ? '' : ' by no right answer'}`].join(', then ');
}

function verdictOf([, , verdict, later]: AnswerRow, life: Life): Verdict {
  return life === 'first' ? verdict : (later ?? verdict);
}

function livesSo(row: AnswerRow, life: Life): boolean {
  const { gate } = verdictOf(row, life);
  return life !== 'thrice' || !(row[1].notThrice || gate === 'approved' || gate === 'rejected');
}

/** A reading that fails for what may pass is repeated once within its task. */
function requestsOf(verdict: Verdict): number {
  return 'code' in verdict && failureVerdicts[verdict.code] !== 'never' ? 2 : 1;
}

function writeEnd(verdict: Verdict, life: Life): string {
  switch (verdict.gate) {
    case 'noise':
      return `waiting ${verdict.code}, then approved`;
    case 'decisive':
      return life === 'once' ? `waiting ${verdict.code}, then approved` : `failed ${verdict.code}`;
    case 'waiting':
      return 'waiting, then approved';
    case 'approved':
    case 'rejected':
      return verdict.gate;
  }
}

function replyOf(
  { status = 200, type = json, headers, body, delivery = 'whole' }: OddAnswer,
  asked: Asked,
  id: string,
) {
  const content = body ?? ((of: Asked) => ({ result: [ticketOf(of, 'approved')] }));
  const reply: Reply = {
    status,
    headers: { ...(type === null ? {} : { 'content-type': type }), 'x-transaction-id': id, ...headers },
    body: typeof content === 'string' ? content : JSON.stringify(content(asked)),
    delivery,
  };
  return reply;
}
