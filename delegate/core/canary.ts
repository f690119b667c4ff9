import type { FreeHandler } from './handler.ts';

/** Does nothing: that it is answered shows that work gets here and reports get back. PROTOCOL.md, section 7. */
export const answerCanary: FreeHandler<'canary'> = async () => ({ kind: 'succeeded', result: {}, sideEffect: false });
