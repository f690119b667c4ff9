import { failure } from '#protocol/failure.ts';
import type { Handler } from '../core/handler.ts';
import { failed } from './handler-result.ts';
import type { Transport } from './transport.ts';

export function createMetadataRead(_transport: Transport): Handler<'metadata.read'> {
  return async () => failed(failure('task-unsupported', 'not built yet', 'Wait for it.'), false);
}
