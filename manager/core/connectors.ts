import { type Authentication, type SecretRef, secretsOf } from '#protocol/authentication.ts';
import type { TaskView } from '#protocol/task.ts';
import { readBaseUrl } from './base-url.ts';
import type { Clock, NewId } from './clock.ts';
import type { DocumentStore } from './documents.ts';
import { Refusal } from './refusal.ts';
import { type Secrets, unknownSecret } from './secrets.ts';
import { isoTime, viewTask } from './task-record.ts';
import type { TaskOrigin, Tasks } from './tasks.ts';

/** What an administrator fills in. */
export interface ConnectorDraft {
  readonly name: string;
  readonly type: 'servicenow';
  readonly baseUrl: string;
  readonly authentication: Authentication<SecretRef>;
  readonly selectors: readonly string[];
}

export interface ConnectorDocument extends ConnectorDraft {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The last test that was recorded: the whole task, with its findings and its delegate. */
  readonly lastTest?: TaskView;
}

export interface ConnectorView extends Omit<ConnectorDraft, 'selectors'> {
  readonly id: string;
  readonly selectors: string[];
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly lastTest?: TaskView;
}

interface ConnectorDeps {
  store: DocumentStore<ConnectorDocument>;
  secrets: Secrets;
  tasks: Tasks;
  clock: Clock;
  newId: NewId;
  allowHttp: boolean;
  /** What still needs a connector, in words: waiting approvals. */
  usersOf: (connectorId: string) => Promise<string[]>;
}

export class Connectors {
  readonly #deps: ConnectorDeps;

  constructor(deps: ConnectorDeps) {
    this.#deps = deps;
  }

  async list(): Promise<ConnectorView[]> {
    return (await this.#deps.store.list()).map(viewConnector);
  }

  async show(idOrName: string): Promise<ConnectorView> {
    return viewConnector(await this.require(idOrName));
  }

  /** Stores a connector, by default only after a test has passed. */
  async create(draft: ConnectorDraft, options: { skipValidation: boolean; gone: AbortSignal }): Promise<ConnectorView> {
    const checked = await this.#check(draft);
    if (await this.#deps.store.getByName(checked.name)) throw nameTaken(checked.name);
    const lastTest = options.skipValidation ? undefined : await this.#mustPass(checked, options.gone);
    const now = this.#deps.clock.now();
    const document: ConnectorDocument = {
      ...checked,
      id: this.#deps.newId('con'),
      createdAt: now,
      updatedAt: now,
      ...(lastTest === undefined ? {} : { lastTest }),
    };
    if (!(await this.#deps.store.add(document))) throw nameTaken(checked.name);
    return viewConnector(document);
  }

  async update(
    idOrName: string,
    draft: ConnectorDraft,
    options: { skipValidation: boolean; gone: AbortSignal },
  ): Promise<ConnectorView> {
    const { id, createdAt } = await this.require(idOrName);
    const checked = await this.#check(draft);
    const lastTest = options.skipValidation ? undefined : await this.#mustPass(checked, options.gone);
    const document: ConnectorDocument = {
      ...checked,
      id,
      createdAt,
      updatedAt: this.#deps.clock.now(),
      ...(lastTest === undefined ? {} : { lastTest }),
    };
    const result = await this.#deps.store.replace(document);
    if (result === 'name-taken') throw nameTaken(checked.name);
    if (result === 'not-found') throw unknownConnector(idOrName);
    return viewConnector(document);
  }

  /** Tests a connector and keeps the result with it. */
  async test(idOrName: string, gone: AbortSignal): Promise<TaskView> {
    const document = await this.require(idOrName);
    const lastTest = await this.#runTest(originOf(document), gone);
    // Whoever edited it meanwhile wins: a test's result belongs to what was tested.
    const current = await this.#deps.store.get(document.id);
    if (current?.updatedAt === document.updatedAt) await this.#deps.store.replace({ ...current, lastTest });
    return lastTest;
  }

  async testDraft(draft: ConnectorDraft, gone: AbortSignal): Promise<TaskView> {
    return this.#runTest(originOf({ ...(await this.#check(draft)), id: '' }), gone);
  }

  async remove(idOrName: string): Promise<void> {
    const { id, name } = await this.require(idOrName);
    const users = await this.#deps.usersOf(id);
    if (users.length > 0)
      throw new Refusal(
        'connector-in-use',
        `connector "${name}" is used by: ${users.join(', ')}`,
        'Wait for these to end, or cancel them, first.',
      );
    if (!(await this.#deps.store.remove(id))) throw unknownConnector(idOrName);
  }

  /** What a task needs of a connector. */
  async origin(idOrName: string): Promise<TaskOrigin> {
    return originOf(await this.require(idOrName));
  }

  async require(idOrName: string): Promise<ConnectorDocument> {
    const { store } = this.#deps;
    const document = (await store.get(idOrName)) ?? (await store.getByName(idOrName));
    if (!document) throw unknownConnector(idOrName);
    return document;
  }

  async #check(draft: ConnectorDraft): Promise<ConnectorDraft> {
    const { secrets, allowHttp } = this.#deps;
    const read = readBaseUrl(draft.baseUrl, { allowHttp });
    if ('fault' in read)
      throw new Refusal(
        read.insecure ? 'base-url-insecure' : 'invalid-request',
        `the base URL ${read.fault}`,
        read.insecure
          ? 'Give an https URL; for a simulator start the manager with --allow-http.'
          : "Give the instance's address alone, such as https://example.service-now.com/",
        { faults: [{ path: '/baseUrl', message: read.fault }] },
      );
    for (const { secret } of secretsOf(draft.authentication))
      if (!(await secrets.exists(secret.secret))) throw unknownSecret(secret.secret);
    return { ...draft, name: draft.name.trim(), baseUrl: read.url };
  }

  async #mustPass(draft: ConnectorDraft, gone: AbortSignal): Promise<TaskView> {
    const test = await this.#runTest(originOf({ ...draft, id: '' }), gone);
    const { outcome } = test;
    if (outcome?.kind === 'succeeded') return test;
    const why = outcome && 'failure' in outcome ? outcome.failure : undefined;
    throw new Refusal(
      'connector-test-failed',
      `the connector was not stored, since its test ${outcome?.kind ?? 'did not end'}: ${why?.message ?? 'no reason is known'}`,
      why?.remedy ?? 'Repeat it, or store it untested with Skip Validation.',
      { extra: { task: test } },
    );
  }

  async #runTest(origin: TaskOrigin, gone: AbortSignal): Promise<TaskView> {
    const submission = { type: 'connection.test', params: {}, origin, selectors: [], limits: {} } as const;
    return viewTask(await this.#deps.tasks.run(submission, gone));
  }
}

function originOf({ id, baseUrl, authentication, selectors }: ConnectorDraft & { id: string }): TaskOrigin {
  return {
    connectorId: id,
    target: { baseUrl, authentication },
    selectors,
  };
}

function viewConnector({ createdAt, updatedAt, ...rest }: ConnectorDocument): ConnectorView {
  return { ...rest, selectors: [...rest.selectors], createdAt: isoTime(createdAt), updatedAt: isoTime(updatedAt) };
}

function nameTaken(name: string): Refusal {
  return new Refusal('connector-name-taken', `there is a connector named "${name}" already`, 'Choose another name.');
}

function unknownConnector(idOrName: string): Refusal {
  return new Refusal(
    'connector-not-found',
    `there is no connector "${idOrName}"`,
    'List them (ticketgate connector list), or add it (ticketgate connector add).',
  );
}
