import { fieldOf, taskIdIn } from './outcome-of.ts';
import type { RedisKey, Remains, Snapshot } from './snapshot.ts';
import { type Violation, violation } from './violation.ts';

/**
 * Nothing may be left of tasks that have ended: no slot, lease, reminder, job or lock, and no key for ever. What the last
 * of several looks found counts only if every look did: what comes and goes is at work, and does not stay.
 */
export function checkLeftOvers({ remains }: Pick<Snapshot, 'remains'>): Violation[] {
  const [last, ...before] = remains.toReversed();
  if (!last) return [];
  return before.reduce((staying, look) => {
    const found = new Set(checkOneLook(look).map(nameViolation));
    return staying.filter((each) => found.has(nameViolation(each)));
  }, checkOneLook(last));
}

function checkOneLook(look: Remains): Violation[] {
  return [
    ...checkDelegates(look),
    ...look.redis.flatMap((key) => [
      ...checkFamily(key, look),
      ...checkRetention(key, look),
      ...checkQueue(key, look),
      ...checkMentions(key, look),
    ]),
  ];
}

function nameViolation({ rule, what }: Violation): string {
  return `${rule} ${what}`;
}

function checkDelegates({ delegates, delegateCount }: Remains): Violation[] {
  const managers = Map.groupBy(delegates, ({ manager }) => manager);
  const missing = [...managers].flatMap(([manager, seen]) =>
    seen.length === delegateCount ? [] : [violation('delegates', `${manager} lists ${seen.length} delegates`, seen)],
  );
  const wrong = delegates.flatMap((delegate) =>
    delegate.inFlight === 0 && delegate.state === 'online'
      ? []
      : [violation('slot-leaked', `${delegate.name} is not idle, with nothing to do`, delegate)],
  );
  return [...missing, ...wrong];
}

function checkFamily({ name, type }: RedisKey, { families }: Remains): Violation[] {
  return families.known.some((family) => family.test(name))
    ? []
    : [violation('known-keys', `a key of no known family: ${name}`, type)];
}

function checkRetention(key: RedisKey, { families }: Remains): Violation[] {
  if (!families.task.test(key.name) || fieldOf(key, 'outcome') === undefined || key.ttlMs !== undefined) return [];
  return [violation('retention', `a task that has ended stays for ever: ${key.name}`, key.content)];
}

/** What a queue of BullMQ is made of, whether or not there is work. */
const restingParts = /:(id|meta|events|marker|pc|stalled|stalled-check|completed|failed|limiter|repeat)$/;

/** Canaries come and go all the time. */
function checkQueue({ name, content }: RedisKey, { families }: Remains): Violation[] {
  if (!families.queue.test(name) || restingParts.test(name) || name.includes('canary')) return [];
  return [violation('queue-empty', `a queue holds something still: ${name}`, content)];
}

function checkMentions({ name, type, content }: RedisKey, { families, ended }: Remains): Violation[] {
  // Events of a queue are a log.
  if (type === 'stream' || families.mayNameEnded.some((family) => family.test(name))) return [];
  // Jobs are named after their task and attempt. A task in the middle of a text is a person's to read.
  const named = [taskIdIn(name), ...content].flatMap((text) => /^(tsk_\w+)(\.\d+)?$/.exec(text)?.[1] ?? []);
  const found = [...new Set(named.filter((id) => ended.has(id)))];
  return found.length === 0 ? [] : [violation('left-over', `${name} still names tasks that have ended`, found)];
}
