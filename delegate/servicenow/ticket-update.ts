import type { Handler } from '../core/handler.ts';
import { openCalls } from './calls.ts';
import type { ResolveFields } from './field-resolution.ts';
import { findTicketByNumber } from './find-ticket.ts';
import { failed } from './handler-result.ts';
import { createOwnName } from './own-user.ts';
import { resolveSentFields, updateRecord } from './record-update.ts';
import type { Transport } from './transport.ts';

/** Updates one ticket, and reports a field that ServiceNow did not apply as a failure; a note is never written twice. */
export function createTicketUpdate(transport: Transport, resolve: ResolveFields): Handler<'ticket.update'> {
  return async (params, context) => {
    const calls = openCalls(transport, context);
    const { table } = params;
    const target =
      'sysId' in params
        ? ({ kind: 'found', sysId: params.sysId } as const)
        : await findTicketByNumber(calls, table, params.number);
    if (target.kind === 'failed') return failed(target.failure, false);
    const fields = await resolveSentFields(calls, resolve, table, params.fields);
    if (fields.kind === 'failed') return failed(fields.failure, false);
    const { sent, columns } = fields;
    return updateRecord({
      ...{ table, sysId: target.sysId, calls, fields: sent, columns },
      tellOwnName: createOwnName(calls),
    });
  };
}
