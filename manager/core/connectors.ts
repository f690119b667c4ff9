import { type Authentication, type SecretRef, secretsOf } from '#protocol/authentication.ts';
import { describeScope, everywhere, type UsageScope } from '#protocol/scope.ts';
import type { TaskView } from '#protocol/task.ts';
import { readBaseUrl } from './base-url.ts';
import type { Caller } from './caller.ts';
import type { Clock, NewId } from './clock.ts';
import {
  type ConnectorDocument,
  type ConnectorDraft,
  type ConnectorView,
  originOf,
  viewConnector,
  withTest,
} from './connector-record.ts';
import { ConnectorTests, type TestWait } from './connector-tests.ts';
import type { DocumentStore } from './documents.ts';
import type { Log } from './log.ts';
import { Refusal } from './refusal.ts';
import { checkScope, isUnlimited, narrowestScope } from './scope-policy.ts';
import { type SecretFacts, type Secrets, unknownSecret } from './secrets.ts';
import type { TaskSpec } from './task-record.ts';
import type { TaskOrigin, Tasks } from './tasks.ts';

interface ConnectorDeps {
  readonly store: DocumentStore<ConnectorDocument>;
  readonly secrets: Secrets;
  readonly tasks: Tasks;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly allowHttp: boolean;
  /** What still needs a connector, in words: waiting approvals. */
  readonly usersOf: (connectorId: string) => Promise<string[]>;
}

interface StoreOptions {
  readonly skipValidation: boolean;
  readonly gone: AbortSignal;
  /** Only if it is as it was then: what it was changed to since must not be lost. */
  readonly asOf?: number;
}

/** Connectors, and who may use them: nobody gets what a task needs of one but by `originFor`. */
export class Connectors {
  readonly #deps: ConnectorDeps;
  readonly #tests: ConnectorTests;

  constructor(deps: ConnectorDeps) {
    this.#deps = deps;
    this.#tests = new ConnectorTests(deps);
  }

  async list(): Promise<ConnectorView[]> {
    return Promise.all((await this.#deps.store.list()).map((document) => this.#view(document)));
  }

  async show(idOrName: string): Promise<ConnectorView> {
    return this.#view(await this.#require(idOrName));
  }

  /** Stores a connector, by default only after a test has passed. */
  async create(caller: Caller, draft: ConnectorDraft, options: StoreOptions): Promise<ConnectorView> {
    const checked = await this.#check(caller, draft);
    if (await this.#deps.store.getByName(checked.name)) throw nameTaken(checked.name);
    const test = await this.#testFor(checked, options);
    await this.#check(caller, checked);
    const now = this.#deps.clock.now();
    const document = withOwn(test, { ...checked, id: this.#deps.newId('con'), createdAt: now, updatedAt: now });
    if (!(await this.#deps.store.add(document))) throw nameTaken(checked.name);
    return this.#view(document);
  }

  async update(caller: Caller, idOrName: string, draft: ConnectorDraft, options: StoreOptions): Promise<ConnectorView> {
    const before = await this.#require(idOrName);
    await this.#checkManage(caller, before);
    if (options.asOf !== undefined && options.asOf !== before.updatedAt) throw changedMeanwhile(before.name);
    const checked = await this.#check(caller, draft);
    const test = await this.#testFor(checked, options, 'changed; it is as before');
    await this.#checkManage(caller, before);
    await this.#check(caller, checked);
    const { id, createdAt } = before;
    // Always later than before, so that it tells whether somebody was quicker.
    const updatedAt = Math.max(this.#deps.clock.now(), before.updatedAt + 1);
    const document = withOwn(test, { ...checked, id, createdAt, updatedAt });
    const result = await this.#deps.store.replace(document, (current) => current.updatedAt === before.updatedAt);
    switch (result) {
      case 'replaced':
        return this.#view(document);
      case 'name-taken':
        throw nameTaken(checked.name);
      case 'changed':
        throw changedMeanwhile(before.name);
      case 'not-found':
        throw unknownConnector(idOrName);
    }
  }

  /** Tests a connector for a caller and keeps the result with it. */
  async test(caller: Caller, idOrName: string, wait: TestWait): Promise<TaskView> {
    const document = await this.#require(idOrName);
    await this.#checkUse(caller, `connector "${document.name}"`, document.authentication);
    return this.#tests.ofStored(document, wait);
  }

  /** Tests a connector for nobody in particular and keeps the result with it. */
  retest(document: ConnectorDocument, gone: AbortSignal): Promise<TaskView> {
    return this.#tests.ofStored(document, { gone, atMostMs: undefined });
  }

  async testDraft(caller: Caller, draft: ConnectorDraft, wait: TestWait): Promise<TaskView> {
    return this.#tests.of(originOf({ ...(await this.#check(caller, draft)), id: '' }), wait);
  }

  /** Waits for no test any more. */
  close(): Promise<void> {
    return this.#tests.close();
  }

  async remove(caller: Caller, idOrName: string): Promise<void> {
    const document = await this.#require(idOrName);
    await this.#checkManage(caller, document);
    const users = await this.#deps.usersOf(document.id);
    if (users.length > 0)
      throw new Refusal(
        'connector-in-use',
        `connector "${document.name}" is used by: ${users.join(', ')}`,
        'Wait for these to end, or cancel them, first.',
      );
    if (!(await this.#deps.store.remove(document.id))) throw unknownConnector(idOrName);
  }

  /** What a task of a caller needs of a connector; refuses a caller that its scope does not admit. */
  async originFor(caller: Caller, idOrName: string): Promise<TaskOrigin> {
    const document = await this.#require(idOrName);
    await this.#checkUse(caller, `connector "${document.name}"`, document.authentication);
    return originOf(document);
  }

  /** Refuses a caller that the scope of a task's connector, as the task has it, does not admit. */
  async checkTask(caller: Caller, { id, connectorId, target }: TaskSpec): Promise<void> {
    if (!target || isUnlimited(caller.scope)) return;
    const connector = await this.#deps.store.get(connectorId);
    const what = connector ? `connector "${connector.name}"` : `the connector of task ${id}`;
    await this.#checkUse(caller, what, target.authentication);
  }

  /** All connectors as they are stored, each with when a secret of it was changed last. */
  async documents(): Promise<{ document: ConnectorDocument; secretsChangedAt: number }[]> {
    return Promise.all(
      (await this.#deps.store.list()).map(async (document) => ({
        document,
        secretsChangedAt: await this.secretsChangedAt(originOf(document)),
      })),
    );
  }

  /** When a secret of it was changed last; 0: it has none. */
  async secretsChangedAt({ target }: TaskOrigin): Promise<number> {
    const secrets = target ? await this.#secretsOf(target.authentication) : [];
    return Math.max(0, ...secrets.map((secret) => secret?.updatedAt ?? 0));
  }

  async #require(idOrName: string): Promise<ConnectorDocument> {
    const { store } = this.#deps;
    const document = (await store.get(idOrName)) ?? (await store.getByName(idOrName));
    if (!document) throw unknownConnector(idOrName);
    return document;
  }

  async #check(caller: Caller, draft: ConnectorDraft): Promise<ConnectorDraft> {
    const read = readBaseUrl(draft.baseUrl, { allowHttp: this.#deps.allowHttp });
    if ('fault' in read)
      throw new Refusal(
        read.insecure ? 'base-url-insecure' : 'invalid-request',
        `the base URL ${read.fault}`,
        read.insecure
          ? 'Give an https URL; for a simulator start the manager with --allow-http.'
          : "Give the instance's address alone, such as https://example.service-now.com/",
        { faults: [{ path: '/baseUrl', message: read.fault }] },
      );
    const name = draft.name.trim();
    await this.#checkUse(caller, `connector "${name}"`, draft.authentication);
    return { ...draft, name, baseUrl: read.url };
  }

  async #checkUse(caller: Caller, what: string, authentication: Authentication<SecretRef>): Promise<void> {
    const secrets: SecretFacts[] = [];
    for (const [index, found] of (await this.#secretsOf(authentication)).entries()) {
      if (!found) throw unknownSecret(secretsOf(authentication)[index]?.secret.secret ?? '');
      secrets.push(found);
    }
    const scope = narrowestScope(secrets.map((secret) => secret.scope));
    if (!scope) throw scopesApart(what, secrets);
    checkScope('use', caller, what, scope);
  }

  /** One whose secrets have come apart, or are gone, has no scope: only who is not limited may mend it. */
  async #checkManage(caller: Caller, { name, authentication }: ConnectorDocument): Promise<void> {
    checkScope('manage', caller, `connector "${name}"`, (await this.#scopeOf(authentication)) ?? everywhere);
  }

  async #scopeOf(authentication: Authentication<SecretRef>): Promise<UsageScope | undefined> {
    const secrets = await this.#secretsOf(authentication);
    const scopes = secrets.flatMap((secret) => secret?.scope ?? []);
    return scopes.length < secrets.length ? undefined : narrowestScope(scopes);
  }

  #secretsOf(authentication: Authentication<SecretRef>): Promise<(SecretFacts | undefined)[]> {
    return Promise.all(secretsOf(authentication).map(({ secret }) => this.#deps.secrets.find(secret.secret)));
  }

  /** A test that must pass unless it is skipped. It takes so long that all must be checked anew after it. */
  async #testFor(
    draft: ConnectorDraft,
    { skipValidation, gone }: StoreOptions,
    meant = 'stored',
  ): Promise<TaskView | undefined> {
    if (skipValidation) return undefined;
    const test = await this.#tests.of(originOf({ ...draft, id: '' }), { gone, atMostMs: undefined });
    const { outcome } = test;
    if (outcome?.kind === 'succeeded') return test;
    const why = outcome && 'failure' in outcome ? outcome.failure : undefined;
    throw new Refusal(
      'connector-test-failed',
      `the connector was not ${meant}, since its test ${outcome?.kind ?? 'did not end'}: ${why?.message ?? 'no reason is known'}`,
      why?.remedy ?? 'Repeat it, or store it untested with Skip Validation.',
      { extra: { task: test } },
    );
  }

  async #view(document: ConnectorDocument): Promise<ConnectorView> {
    return viewConnector(document, await this.#scopeOf(document.authentication));
  }
}

function withOwn(test: TaskView | undefined, document: ConnectorDocument): ConnectorDocument {
  return test ? withTest(document, test) : document;
}

function scopesApart(what: string, secrets: readonly SecretFacts[]): Refusal {
  const each = secrets.map(({ name, scope }) => `"${name}" is for ${describeScope(scope)}`);
  return new Refusal(
    'connector-scopes-apart',
    `${what} needs secrets of which none has a scope within the others': ${each.join('; ')}`,
    'Store one of them as another secret, with a scope that lies within the scope of the other.',
  );
}

function nameTaken(name: string): Refusal {
  return new Refusal('connector-name-taken', `there is a connector named "${name}" already`, 'Choose another name.');
}

function changedMeanwhile(name: string): Refusal {
  return new Refusal(
    'connector-changed',
    `connector "${name}" was not stored, since somebody else changed it meanwhile`,
    `Look at it (ticketgate connector show ${JSON.stringify(name)}), and store the change again if it still holds.`,
  );
}

function unknownConnector(idOrName: string): Refusal {
  return new Refusal(
    'connector-not-found',
    `there is no connector "${idOrName}"`,
    'List them (ticketgate connector list), or add it (ticketgate connector add).',
  );
}
