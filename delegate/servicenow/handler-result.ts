import { type Failure, failure } from '#protocol/failure.ts';
import type { TaskContext } from '../core/handler.ts';
import { maskSecrets } from './mask-secrets.ts';
import { cleanText } from './page.ts';

interface Failed {
  readonly kind: 'failed';
  readonly failure: Failure;
  readonly sideEffect: boolean;
}

/** Ends a handler with a failure; `sideEffect` says whether something at ServiceNow may have been changed. */
export function failed(found: Failure, sideEffect: boolean): Failed {
  // Above the protocol's bounds the whole report would be refused.
  const message = shorten(found.message, 8_000);
  const remedy = shorten(found.remedy, 4_000);
  return { kind: 'failed', failure: { ...found, message, remedy }, sideEffect };
}

/** Ends a handler whose write may have been carried out and could not be found out. */
export function outcomeUnknown(message: string, remedy: string): Failed {
  return failed(failure('outcome-unknown', message, remedy), true);
}

/** Says more in a failure's message and leaves the rest. */
export function extendMessage(found: Failure, addition: string): Failure {
  return { ...found, message: `${found.message}; ${addition}` };
}

/** Adds a line to the task's history, within the protocol's bound and without secrets. */
export function noteLine(context: TaskContext, text: string): void {
  context.note(cleanText(maskSecrets(text, context.target), 1_000));
}

function shorten(text: string, mostCharacters: number): string {
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1)}…` : text;
}
