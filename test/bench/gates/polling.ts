import { setTimeout } from 'node:timers/promises';
import { startDelegate } from '../../support/programs.ts';
import type { Bench, PartResult } from '../bench.ts';
import type { Child } from '../child.ts';
import type { Figure } from '../figure.ts';
import type { Change, InstanceCommands, InstanceReady } from '../instance-process.ts';
import { metered, residentBytesOf } from '../process-usage.ts';
import { quantile } from '../statistics.ts';
import { type Site, startWorld } from '../world.ts';
import { type Gate, GateCaller } from './gate-caller.ts';

const intervalMs = 10_000;
/** So much more than the interval may pass from a change to the gate's end. */
const slackMs = 2_000;
/** A ticket that was made, like one that was changed, is asked for again for a minute: an answer may lag behind. */
const restMs = 90_000;
const changingShare = 0.01;
/** Below a hundred gates one in a hundred a minute would be no change at all. */
const leastChanges = 6;

type Instance = Child<InstanceCommands, InstanceReady>;

interface Measured {
  readonly gates: number;
  readonly quietPerMinute: number;
  readonly changingPerMinute: number;
  readonly startedPerSecond: number;
  readonly noticeMs: readonly number[];
  readonly managerPercent: number;
  readonly managerMegabytes: number;
  readonly redisPercent: number;
}

/** Gates that wait, then one in a hundred of their tickets approved in a minute. Measured once, whatever the rounds. */
export async function benchPolling(bench: Bench): Promise<PartResult> {
  const found: Measured[] = [];
  for (const gates of bench.sizes.gates) found.push(await measureGates(bench, gates));
  const [one, ...more] = found;
  if (!one) return { figures: [], notes: [] };
  return {
    figures: [...figuresOf(one, one), ...more.flatMap((measured) => figuresOf(measured, one))],
    notes: found.map(describe),
  };
}

async function measureGates(bench: Bench, count: number): Promise<Measured> {
  await using world = await startWorld(bench);
  const instance: Instance = await world.start('instance-process.ts');
  const site: Site = await world.startSite('ticketgate', instance.ready.url);
  await using _delegate = await startDelegate({
    manager: site.manager.ready.url,
    token: site.delegateToken,
    name: 'gates',
  });
  await using caller = new GateCaller(site);
  const changes = await instance.call('addChanges', { count });
  const rested = setTimeout(restMs);
  const startedAt = performance.now();
  const gates = await caller.startAll(changes, intervalMs);
  const startedPerSecond = count / ((performance.now() - startedAt) / 1_000);
  await caller.allRead(gates);
  // One whole round of polls, so that what starting them left behind is over.
  await Promise.all([setTimeout(2 * intervalMs), rested]);
  await instance.call('takeRequests', null);
  const pids = { manager: site.manager.pid, redis: world.redis.pid };
  const quiet = await metered(pids, () => setTimeout(bench.sizes.gateMs));
  const quietRequests = await instance.call('takeRequests', null);
  const changing = await measureChanges(instance, caller, gates, bench.sizes.gateMs);
  const percent = (name: 'manager' | 'redis') => ((quiet.cpuSeconds[name] ?? Number.NaN) / quiet.seconds) * 100;
  return {
    gates: count,
    startedPerSecond,
    quietPerMinute: (quietRequests / quiet.seconds) * 60,
    ...changing,
    managerPercent: percent('manager'),
    redisPercent: percent('redis'),
    managerMegabytes: residentBytesOf(site.manager.pid) / 1e6,
  };
}

async function measureChanges(instance: Instance, caller: GateCaller, gates: readonly Gate[], forMs: number) {
  const wanted = Math.max(leastChanges, Math.round((gates.length * changingShare * forMs) / 60_000));
  const step = Math.max(1, Math.floor(gates.length / wanted));
  const chosen = gates.filter((_, index) => index % step === 0).slice(0, wanted);
  const startedAt = performance.now();
  const decided = await instance.call('approve', { changes: chosen.map(toChange), withinMs: forMs });
  const requests = await instance.call('takeRequests', null);
  const minutes = (performance.now() - startedAt) / 60_000;
  const ends = await Promise.all(chosen.map((gate) => caller.endOf(gate)));
  const noticeMs = ends.map((endedAt, index) => endedAt - (decided[index]?.at ?? Number.NaN));
  return { changingPerMinute: requests / minutes, noticeMs };
}

function toChange({ sysId, number }: Gate): Change {
  return { sysId, number };
}

function figuresOf(measured: Measured, one: Measured): Figure[] {
  const { gates, noticeMs, quietPerMinute, changingPerMinute, managerPercent, managerMegabytes } = measured;
  const many = `${gates.toLocaleString('en')} ${gates === 1 ? 'gate' : 'gates'}`;
  const ofOne = { name: 'of one gate', values: [one.quietPerMinute] };
  const seconds = (ms: number) => ms / 1_000;
  return [
    {
      name: `requests a minute, ${many}, nothing changes`,
      unit: '',
      ours: [quietPerMinute],
      baseline: ofOne,
      judged: 'ratio',
      goal: { bound: 'at-most', reach: 10, stretch: 2 },
    },
    {
      name: `requests a minute, ${many}, 1 % of the tickets change`,
      unit: '',
      ours: [changingPerMinute],
      baseline: ofOne,
      judged: 'ratio',
      goal: { bound: 'at-most', reach: 10 },
    },
    {
      name: `from a change to the gate's end, ${many}, p50`,
      unit: 's',
      ours: [seconds(quantile(noticeMs, 0.5))],
      judged: 'value',
    },
    {
      name: `from a change to the gate's end, ${many}, p99`,
      unit: 's',
      ours: [seconds(quantile(noticeMs, 0.99))],
      judged: 'value',
      goal: { bound: 'at-most', reach: seconds(intervalMs + slackMs) },
    },
    { name: `CPU of the manager, ${many}`, unit: '%', ours: [managerPercent], judged: 'value' },
    { name: `memory of the manager, ${many}`, unit: 'MB', ours: [managerMegabytes], judged: 'value' },
  ];
}

function describe({ gates, noticeMs, startedPerSecond, redisPercent }: Measured): string {
  return `${gates} gates: started at ${startedPerSecond.toFixed(0)} a second; ${noticeMs.length} tickets changed; redis ${redisPercent.toFixed(1)} % busy`;
}
