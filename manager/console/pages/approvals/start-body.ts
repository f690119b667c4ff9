import { type CriteriaDraft, readDraft } from './criteria-draft.ts';
import type { ApprovalBody } from './use-approvals.ts';

/** What is being filled in. Empty: not given. */
export interface StartValues {
  readonly connector: string;
  readonly table: string;
  readonly ticket: string;
  readonly approve: CriteriaDraft;
  readonly reject: CriteriaDraft;
  readonly startField: string;
  readonly endField: string;
  readonly every: string;
  readonly timeout: string;
  readonly expectedDuration: string;
  readonly webhookUrl: string;
  readonly webhookSecret: string;
  readonly workNotes: boolean;
}

const noCriteria: CriteriaDraft = { by: 'rows', join: 'all', rows: [], text: '' };

export const emptyValues: StartValues = {
  connector: '',
  table: '',
  ticket: '',
  approve: { ...noCriteria, rows: [{ key: 0, field: '', operator: 'equals', values: [] }] },
  reject: noCriteria,
  startField: '',
  endField: '',
  every: '',
  timeout: '',
  expectedDuration: '',
  webhookUrl: '',
  webhookSecret: '',
  workNotes: false,
};

/** What is not finished, by field of the form; of the criteria also by row. */
export interface Unfinished {
  readonly fields: Readonly<Partial<Record<keyof StartValues, string>>>;
  readonly rows: Readonly<Record<'approve' | 'reject', ReadonlyMap<number, string>>>;
}

/** Makes the body of the request, or tells what has to be filled in before. */
export function toBody(values: StartValues): { body: ApprovalBody } | { unfinished: Unfinished } {
  const approve = readDraft(values.approve);
  const reject = readDraft(values.reject);
  const fields = findMissing(values);
  if (approve.kind === 'none') fields.approve = 'Say what approves.';
  const isReady = Object.keys(fields).length === 0 && approve.kind === 'criteria' && reject.kind !== 'unfinished';
  if (!isReady) return { unfinished: { fields, rows: { approve: faultsOf(approve), reject: faultsOf(reject) } } };
  const text = (name: 'every' | 'timeout' | 'expectedDuration') =>
    values[name].trim() === '' ? {} : { [name]: values[name].trim() };
  return {
    body: {
      connector: values.connector,
      table: values.table.trim(),
      ...nameTicket(values.ticket.trim()),
      approve: approve.criteria,
      ...(reject.kind === 'criteria' && { reject: reject.criteria }),
      ...(values.startField !== '' && { window: { startField: values.startField, endField: values.endField } }),
      ...text('every'),
      ...text('timeout'),
      ...text('expectedDuration'),
      ...(values.webhookUrl.trim() !== '' && {
        webhook: { url: values.webhookUrl.trim(), secret: values.webhookSecret.trim() },
      }),
      ...(values.workNotes && { workNotes: true }),
    },
  };
}

function findMissing(values: StartValues): Partial<Record<keyof StartValues, string>> {
  const missing: Partial<Record<keyof StartValues, string>> = {};
  if (values.connector === '') missing.connector = 'Choose a connector.';
  if (values.table.trim() === '') missing.table = 'Choose a table.';
  if (values.ticket.trim() === '') missing.ticket = 'Give the number of the ticket.';
  const { startField, endField, webhookUrl, webhookSecret } = values;
  if (startField === '' && endField !== '') missing.startField = 'A window needs both fields.';
  if (startField !== '' && endField === '') missing.endField = 'A window needs both fields.';
  if (webhookUrl.trim() === '' && webhookSecret.trim() !== '') missing.webhookUrl = 'Give the URL to send it to.';
  if (webhookUrl.trim() !== '' && webhookSecret.trim() === '')
    missing.webhookSecret = 'Give the name of the secret that signs it.';
  return missing;
}

function faultsOf(read: ReturnType<typeof readDraft>): ReadonlyMap<number, string> {
  return read.kind === 'unfinished' ? read.faults : new Map();
}

function nameTicket(text: string): { number: string } | { sysId: string } {
  return /^[0-9a-f]{32}$/.test(text) ? { sysId: text } : { number: text };
}
