/** The side of a bench's process of its own: what it was started with, and what it is told over IPC. */

/** Commands by name: one argument, which travels as JSON, as does the answer. */
export type CommandTable<C> = { [N in keyof C]: (argument: never) => Promise<unknown> };

export interface CommandMessage {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

export type ReplyMessage =
  | { readonly kind: 'ready'; readonly ready: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'fault'; readonly id: number; readonly fault: string };

/** What the parent gave as settings. */
export function readSettings<S>(): S {
  return JSON.parse(process.argv[2] ?? '{}') as S;
}

/** Tells the parent that this process is ready, and obeys it until it ends it or is gone. */
export function serveCommands<C extends CommandTable<C>>(
  commands: C,
  ready: unknown,
  close: () => Promise<void> = async () => {},
): void {
  process.on('message', (message: CommandMessage) => {
    const { id, name, argument } = message;
    commands[name as keyof C](argument as never).then(
      (result) => reply({ kind: 'result', id, result }),
      (error: unknown) => reply({ kind: 'fault', id, fault: String(error instanceof Error ? error.stack : error) }),
    );
  });
  process.once('disconnect', () => process.exit(0));
  process.once('SIGTERM', () => {
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  reply({ kind: 'ready', ready });
}

function reply(message: ReplyMessage): void {
  process.send?.(message);
}
