import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandMessage, CommandTable, ReplyMessage } from './commands.ts';

/** A process of the bench. It ends with the bench, however that ends. */
export interface Child<C extends CommandTable<C>, Ready> extends AsyncDisposable {
  readonly pid: number;
  /** What it told when it was ready. */
  readonly ready: Ready;
  call<N extends keyof C>(name: N, argument: Parameters<C[N]>[0]): ReturnType<C[N]>;
  /** Ends it and waits for that; does nothing when it has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
}

interface ChildOptions {
  /** A file of this folder. */
  readonly file: string;
  readonly settings: unknown;
  /** Where its log goes. */
  readonly directory: string;
  readonly nodeArgs?: readonly string[];
}

type Pending = Map<number, PromiseWithResolvers<unknown>>;

const endTimeoutMs = 20_000;
/** Far longer than anything takes that works. */
const callTimeoutMs = 180_000;

/** Starts a process and waits until it is ready. */
export async function startChild<C extends CommandTable<C>, Ready>(options: ChildOptions): Promise<Child<C, Ready>> {
  const { file, settings, directory, nodeArgs = [] } = options;
  const log = join(directory, `${file}.log`);
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [...nodeArgs, path, JSON.stringify(settings)], {
    stdio: ['ignore', 'ignore', openSync(log, 'a'), 'ipc'],
  });
  const pending: Pending = new Map();
  const ready = Promise.withResolvers<unknown>();
  child.on('message', (message: ReplyMessage) => {
    if (message.kind === 'ready') return ready.resolve(message.ready);
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if (message.kind === 'result') waiting?.resolve(message.result);
    else waiting?.reject(new Error(`${file}: ${message.fault}`));
  });
  child.once('exit', (code, signal) => {
    const fault = new Error(`${file} ended (${signal ?? code}):\n${readFileSync(log, 'utf8').slice(-2_000)}`);
    ready.reject(fault);
    for (const waiting of pending.values()) waiting.reject(fault);
  });
  const told = (await ready.promise) as Ready;
  let calls = 0;
  return {
    pid: child.pid ?? 0,
    ready: told,
    call: ((name: string, argument: unknown) => {
      calls += 1;
      const waiting = Promise.withResolvers<unknown>();
      pending.set(calls, waiting);
      const timer = setTimeout(
        () => waiting.reject(new Error(`${file}: ${name} was not done after ${callTimeoutMs / 1_000} s`)),
        callTimeoutMs,
      );
      const message: CommandMessage = { id: calls, name, argument };
      child.send(message);
      return waiting.promise.finally(() => clearTimeout(timer));
    }) as Child<C, Ready>['call'],
    end: (signal) => endChild(child, signal),
    [Symbol.asyncDispose]: () => endChild(child, 'SIGTERM'),
  };
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const killer = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs);
  await exited;
  clearTimeout(killer);
}
