import type { TestManager } from './manager.ts';

export interface ReadEvent {
  readonly id: string;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape
  readonly data: any;
}

/** Reads server-sent events of a manager until the stream ends. */
export async function* readEvents(manager: TestManager, path: string, lastId?: string): AsyncGenerator<ReadEvent> {
  const response = await fetch(`${manager.url}/api/v1${path}`, {
    headers: {
      authorization: `Bearer ${manager.adminToken}`,
      ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
    },
  });
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(text.slice(0, end));
      text = text.slice(end + 2);
      if (event) yield { id: event[1] ?? '', event: event[2] ?? '', data: JSON.parse(event[3] ?? '') };
    }
  }
}
