/** Every key that we own, by what it holds. BullMQ's own are under `<prefix>:queue`. */
export class Keys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Hash: one task. Expires after it has ended. */
  readonly task = (taskId: string) => `${this.#prefix}:task:${taskId}`;
  /** List: what an attempt has found so far, as JSON. Expires ten minutes after the last. */
  readonly taskProgress = (assignment: string) => `${this.#prefix}:task-progress:${assignment}`;
  /** Sorted set: task ids by creation. */
  readonly taskIndex = () => `${this.#prefix}:tasks`;
  /** Sorted set: waiting tasks by their next limit. */
  readonly taskLimits = () => `${this.#prefix}:task-limits`;
  /** Sorted set: assigned tasks by when they count as lost. */
  readonly taskLeases = () => `${this.#prefix}:task-leases`;
  /** Sorted set: ended tasks by when; the retention works through it. */
  readonly tasksEnded = () => `${this.#prefix}:tasks-ended`;
  /** String: the first submission under an idempotency key, hashed. Expires. */
  readonly taskIdempotency = (key: string) => `${this.#prefix}:idempotency:task:${key}`;
  readonly approvalIdempotency = (key: string) => `${this.#prefix}:idempotency:approval:${key}`;
  /** Hash: routes in use by id, as JSON. */
  readonly routes = () => `${this.#prefix}:routes`;
  /** Sorted set: route ids by when they were last used. */
  readonly routeUse = () => `${this.#prefix}:route-use`;
  /** Hash: what is known of the delegates' ways to one base URL. Expires after six hours. */
  readonly reach = (baseUrl: string) => `${this.#prefix}:reach:${baseUrl}`;
  /** Hash: what an instance bears. Expires a day after the last change. */
  readonly instanceLoad = (baseUrl: string) => `${this.#prefix}:instance-load:${baseUrl}`;
  /** Sorted set: the tasks that are under way at one instance, by when they are over at the latest. */
  readonly instanceTasks = (baseUrl: string) => `${this.#prefix}:instance-tasks:${baseUrl}`;
  /** String: one manager, as JSON. Expires when it was not heard of for three heartbeats. */
  readonly manager = (managerId: string) => `${this.#prefix}:manager:${managerId}`;
  /** Sorted set: manager ids by when they expire. Expires with the last. */
  readonly managerIndex = () => `${this.#prefix}:managers`;
  /** Hash: one delegate. Expires after seven days without a session. */
  readonly delegate = (delegateId: string) => `${this.#prefix}:delegate:${delegateId}`;
  /** Set: ids of the delegates of one name. Expires with them. */
  readonly delegatesNamed = (name: string) => `${this.#prefix}:delegates-named:${name}`;
  /** Set: delegate ids. */
  readonly delegateIndex = () => `${this.#prefix}:delegates`;
  /** Hash: documents of a kind by id, as JSON. */
  readonly documents = (kind: string) => `${this.#prefix}:${kind}`;
  /** Hash: document ids of a kind by lower-case name. */
  readonly documentNames = (kind: string) => `${this.#prefix}:${kind}-names`;
  /** String: one manager does this re-test of a connector. Expires. */
  readonly retest = (name: string) => `${this.#prefix}:retest:${name}`;
  /** Stream: the audit log, trimmed by its retention. */
  readonly audit = () => `${this.#prefix}:audit`;
  /** Hash: what the callers of one day's entries were answered, by entry. Expires with them. */
  readonly auditAnswers = (day: string) => `${this.#prefix}:audit-answers:${day}`;
  /** Hash: one approval. Expires after it has ended. */
  readonly approval = (approvalId: string) => `${this.#prefix}:approval:${approvalId}`;
  readonly approvalIndex = () => `${this.#prefix}:approvals`;
  /** Sorted set: waiting approvals by deadline. */
  readonly approvalDeadlines = () => `${this.#prefix}:approval-deadlines`;
  /** Sorted set: ended approvals with something left to tell, by when it is tried next. */
  readonly deliveriesDue = () => `${this.#prefix}:deliveries-due`;
  /** Hash: the deliveries of one approval by kind, as JSON. Expires with it. */
  readonly deliveries = (approvalId: string) => `${this.#prefix}:deliveries:${approvalId}`;
  /** List: the tries of one approval's deliveries, as JSON. Expires with it. */
  readonly deliveryTries = (approvalId: string) => `${this.#prefix}:delivery-tries:${approvalId}`;
  /** Sorted set: the waiting approvals of a poll group by their interval. */
  readonly pollGroup = (groupId: string) => `${this.#prefix}:poll-group:${groupId}`;
  /** Sorted set: the same by when each must be read next. */
  readonly pollsDue = (groupId: string) => `${this.#prefix}:poll-group:${groupId}:due`;
  /** Hash: the sys_id of each one's ticket, once it is known. */
  readonly pollTickets = (groupId: string) => `${this.#prefix}:poll-group:${groupId}:tickets`;
  /** String: what the group as a whole has learnt, as JSON. */
  readonly pollWatch = (groupId: string) => `${this.#prefix}:poll-group:${groupId}:watch`;
  /** Sorted set: poll groups by when a manager must look at them next. */
  readonly pollGroups = () => `${this.#prefix}:poll-groups`;
  /** Hash: which manager looks at a group now. */
  readonly pollHolders = () => `${this.#prefix}:poll-holders`;
  /** String: left by the first manager; when it is gone, Redis has lost everything. */
  readonly mark = () => `${this.#prefix}:mark`;
  /** Channel. */
  readonly notices = () => `${this.#prefix}:notices`;
  /** BullMQ's prefix. */
  readonly queues = () => `${this.#prefix}:queue`;
}
