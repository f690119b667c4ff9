import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from './api-client.ts';
import { ChildProgram, type Ready } from './child-program.ts';
import type { Io } from './io.ts';

export interface DemoDelegate {
  readonly name: string;
  readonly tags: readonly string[];
}

export const demoDelegates: readonly DemoDelegate[] = [
  { name: 'north', tags: ['dc1'] },
  { name: 'north-prod', tags: ['dc1', 'prod'] },
  { name: 'south', tags: ['dc2'] },
];

interface Deps {
  readonly directory: string;
  readonly env: Io['env'];
  readonly openApi: Io['openApi'];
}

/** The programs of a demo: a simulator, a manager, its delegates, all below one directory. */
export class DemoWorld {
  readonly #deps: Deps;
  readonly #programs: ChildProgram[] = [];
  #addresses = { simulatorUrl: '', managerUrl: '', adminTokenFile: '' };
  #api: Api | undefined;
  #isClosing = false;
  #closing: Promise<void> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get directory(): string {
    return this.#deps.directory;
  }

  get programs(): readonly ChildProgram[] {
    return this.#programs;
  }

  get api(): Api {
    if (!this.#api) throw new Error('the manager has not been started');
    return this.#api;
  }

  addresses() {
    return this.#addresses;
  }

  async startSimulatorAndManager(): Promise<void> {
    const data = join(this.#deps.directory, 'manager');
    const [simulator, manager] = await Promise.all([
      this.#start('simulator', ['simulate', '--port', '0']),
      this.#start('manager', ['manager', '--port', '0', '--data', data, '--allow-http']),
    ]);
    const managerUrl = String(manager.url);
    this.#addresses = {
      simulatorUrl: String(simulator.url),
      managerUrl,
      adminTokenFile: String(manager.adminTokenFile),
    };
    this.#api = this.#deps.openApi(managerUrl, String(manager.adminToken));
  }

  /** Starts a delegate. The token goes by the environment: arguments can be seen by everybody on the machine. */
  startDelegate({ name, tags }: DemoDelegate, token: string): Promise<Ready> {
    const data = join(this.#deps.directory, 'delegates', name);
    const args = ['delegate', '--manager', this.#addresses.managerUrl, '--name', name, '--tags', tags.join(',')];
    return this.#start(`delegate-${name}`, [...args, '--data', data], { TICKETGATE_TOKEN: token });
  }

  /** Ends the programs in the reverse order of their need: delegates, then the manager, then the simulator. */
  close(): Promise<void> {
    this.#isClosing = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#api?.close();
    const [simulator, manager, ...delegates] = [
      'simulator',
      'manager',
      ...demoDelegates.map(({ name }) => `delegate-${name}`),
    ];
    for (const names of [delegates, [manager], [simulator]])
      await Promise.all(this.#programs.filter(({ name }) => names.includes(name)).map((program) => program.stop()));
  }

  async #start(name: string, args: readonly string[], more: Io['env'] = {}): Promise<Ready> {
    const { directory, env } = this.#deps;
    const logs = join(directory, 'logs');
    await mkdir(logs, { recursive: true });
    // The caller's own settings would steer the demo's programs.
    const clean = Object.fromEntries(Object.entries(env).filter(([key]) => !key.startsWith('TICKETGATE_')));
    const program = await ChildProgram.spawn({ name, args, env: { ...clean, ...more }, directory: logs });
    this.#programs.push(program);
    // Closing may have begun while it was being started.
    if (this.#isClosing) await program.stop();
    return program.ready();
  }
}
