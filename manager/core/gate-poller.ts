import { GroupLook, type LookDeps } from './group-look.ts';
import type { Log } from './log.ts';
import type { Timing } from './timing.ts';
import type { Notices } from './waiters.ts';

interface Deps extends LookDeps {
  readonly notices: Notices;
  readonly log: Log;
  /** Whether Redis can be asked. */
  readonly isDue: () => boolean;
  readonly timing: Pick<Timing, 'lockMs' | 'pollMs'>;
}

/** Groups that become due are looked for this often between two polls; those that approvals join here, at once. */
const looksPerPoll = 4;

/** Looks of one manager at once, so that a slow instance does not hold up the groups of others. */
const mostLooks = 200;

/** Takes the poll groups that are due, and looks at each of them. Any manager may die: another takes its groups. */
export class GatePoller {
  readonly #deps: Deps;
  readonly #looks = new Map<string, GroupLook>();
  /** What close waits for: looks, and the giving back after them. */
  readonly #ending = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;
  #taking: Promise<void> | undefined;
  #isSoon = false;
  #closed = false;
  #cancelTimer = () => {};
  #cancelKeeping = () => {};

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#unsubscribe = deps.notices.subscribe((notice) => {
      if (notice.kind === 'poll-group-due') this.#onDue(notice.groupId);
    });
  }

  start(): void {
    this.#take();
    this.#armKeeping();
  }

  /** Ends the looks; what they had not read is due for the next manager at once, or after their lease. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe();
    this.#cancelTimer();
    this.#cancelKeeping();
    for (const look of this.#looks.values()) look.stop();
    await this.#taking;
    await Promise.all(this.#ending);
  }

  #onDue(groupId: string): void {
    const present = this.#looks.get(groupId);
    if (present) present.poke();
    else if (this.#taking) this.#isSoon = true;
    else this.#take();
  }

  #take(): void {
    if (this.#closed) return;
    this.#cancelTimer();
    this.#isSoon = false;
    this.#taking = this.#takeDue()
      .catch((error: unknown) => this.#deps.log.warn({ err: error }, 'poll groups could not be taken'))
      .finally(() => {
        this.#taking = undefined;
        if (this.#isSoon) this.#take();
        else if (!this.#closed) this.#armTaking();
      });
  }

  #armTaking(): void {
    const { clock, timing } = this.#deps;
    this.#cancelTimer = clock.setTimer(timing.pollMs / looksPerPoll, () => this.#take());
  }

  async #takeDue(): Promise<void> {
    const { groups, clock, managerId, isDue, timing } = this.#deps;
    if (!isDue() || this.#looks.size >= mostLooks) return;
    const now = clock.now();
    const most = mostLooks - this.#looks.size;
    for (const groupId of await groups.take(managerId, now, now + timing.lockMs, most)) this.#look(groupId);
  }

  #look(groupId: string): void {
    // Its lease was over and nobody else took it: the look goes on.
    if (this.#looks.has(groupId) || this.#closed) return;
    const look = new GroupLook(groupId, this.#deps);
    this.#looks.set(groupId, look);
    const ended = this.#end(groupId, look)
      .catch((error: unknown) => {
        if (!this.#closed) this.#deps.log.warn({ err: error, groupId }, 'polling failed');
      })
      .finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  async #end(groupId: string, look: GroupLook): Promise<void> {
    const { groups, managerId } = this.#deps;
    // It is not among the looks any more when it is given back: from then on this manager, too, may take it.
    const bounds = await look.run().finally(() => this.#looks.delete(groupId));
    await groups.giveBack(groupId, managerId, bounds);
  }

  #armKeeping(): void {
    const { clock, timing } = this.#deps;
    this.#cancelKeeping = clock.setTimer(timing.lockMs / 3, () => {
      this.#keepAll()
        .catch((error: unknown) => this.#deps.log.warn({ err: error }, 'poll groups could not be kept'))
        .finally(() => {
          if (!this.#closed) this.#armKeeping();
        });
    });
  }

  async #keepAll(): Promise<void> {
    const { groups, clock, managerId, timing } = this.#deps;
    for (const [groupId, look] of this.#looks)
      if (!(await groups.keep(groupId, managerId, clock.now() + timing.lockMs))) look.stop();
  }
}
