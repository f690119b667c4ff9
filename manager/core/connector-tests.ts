import type { TaskView } from '#protocol/task.ts';
import { type ConnectorDocument, originOf, withTest } from './connector-record.ts';
import type { DocumentStore } from './documents.ts';
import type { Log } from './log.ts';
import { Refusal } from './refusal.ts';
import { type TaskRecord, viewTask } from './task-record.ts';
import type { TaskOrigin, Tasks } from './tasks.ts';

/** How long a caller waits for a test: `atMostMs`, with the task as it is then; undefined: until its end. */
export interface TestWait {
  readonly atMostMs: number | undefined;
  readonly gone: AbortSignal;
}

interface Deps {
  readonly store: DocumentStore<ConnectorDocument>;
  readonly tasks: Tasks;
  readonly log: Log;
}

/** Runs the tests of connectors, and keeps the results of those that are stored with them. */
export class ConnectorTests {
  readonly #deps: Deps;
  readonly #closing = new AbortController();
  /** Tests whose results are to be kept, and whose callers have been answered. */
  readonly #awaited = new Set<Promise<void>>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Waits for no test any more: their tasks go on, and the next test of their connectors tells how they do. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#awaited);
  }

  async of(origin: TaskOrigin, wait: TestWait): Promise<TaskView> {
    return viewTask(await this.#run(origin, wait));
  }

  async ofStored(document: ConnectorDocument, wait: TestWait): Promise<TaskView> {
    const record = await this.#run(originOf(document), wait);
    const test = viewTask(record);
    if (record.outcome) await this.#keep(document, test);
    else this.#keepLater(document, record);
    return test;
  }

  async #run(origin: TaskOrigin, { atMostMs, gone }: TestWait): Promise<TaskRecord> {
    const { tasks } = this.#deps;
    const submission = { type: 'connection.test', params: {}, origin, selectors: [], limits: {} } as const;
    if (atMostMs === undefined) return tasks.run(submission, gone);
    return tasks.withFindings(await tasks.submitAndWait(submission, atMostMs, gone));
  }

  async #keep(document: ConnectorDocument, test: TaskView): Promise<void> {
    // Whoever edited it meanwhile wins: a test's result belongs to what was tested.
    await this.#deps.store.change(document.id, (current) =>
      current.updatedAt === document.updatedAt && (current.lastTest?.createdAt ?? '') < test.createdAt
        ? withTest(current, test)
        : current,
    );
  }

  #keepLater(document: ConnectorDocument, begun: TaskRecord): void {
    const awaited = this.#awaitEnd(document, begun).finally(() => this.#awaited.delete(awaited));
    this.#awaited.add(awaited);
  }

  async #awaitEnd(document: ConnectorDocument, begun: TaskRecord): Promise<void> {
    const { tasks, log } = this.#deps;
    try {
      await this.#keep(document, viewTask(await tasks.outcomeOf(begun, this.#closing.signal)));
    } catch (error) {
      const level = error instanceof Refusal ? 'debug' : 'error';
      log[level](
        { connectorId: document.id, taskId: begun.spec.id, err: error },
        'test of a connector could not be kept',
      );
    }
  }
}
