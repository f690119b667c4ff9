import { failure } from '#protocol/failure.ts';
import type { Handler } from '../core/handler.ts';
import { failed } from './handler-result.ts';
import type { Transport } from './transport.ts';

export function createTicketUpdateMany(_transport: Transport): Handler<'ticket.update-many'> {
  return async () => failed(failure('task-unsupported', 'not built yet', 'Wait for it.'), false);
}
