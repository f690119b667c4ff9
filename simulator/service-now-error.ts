/** An answer that ServiceNow gives instead of a result; the error handler turns it into the documented body. */
export class ServiceNowError extends Error {
  override readonly name = 'ServiceNowError';
  readonly status: number;
  readonly detail: string | null;

  constructor(status: number, message: string, detail: string | null) {
    super(message);
    this.status = status;
    this.detail = detail;
  }
}

export interface ErrorBody {
  readonly error: { readonly message: string; readonly detail: string | null };
  readonly status?: 'failure';
}

export function errorBody(message: string, detail: string | null): ErrorBody {
  return { error: { message, detail }, status: 'failure' };
}

export const errors = {
  noRecord: () =>
    new ServiceNowError(404, 'No Record found', "Record doesn't exist or ACL restricts the record retrieval"),
  invalidTable: (table: string) => new ServiceNowError(400, `Invalid table ${table}`, `Table ${table} does not exist`),
  noSuchResource: () => new ServiceNowError(400, 'Requested URI does not represent any resource', null),
  methodNotSupported: () => new ServiceNowError(405, 'Method not supported', null),
  notAcceptable: (accept: string) =>
    new ServiceNowError(406, 'Not acceptable', `The simulator answers application/json only, asked for: ${accept}`),
  unsupportedMediaType: (type: string) =>
    new ServiceNowError(415, 'Unsupported media type', `Expected application/json, got: ${type}`),
  unreadableBody: (detail: string) => new ServiceNowError(400, 'Exception while reading request', detail),
  badParameter: (detail: string) => new ServiceNowError(400, 'Invalid request parameter', detail),
  uriTooLong: () => new ServiceNowError(414, 'URI Too Long', 'The request URI is longer than 8192 bytes'),
  rateLimited: (limit: number, api: string) =>
    new ServiceNowError(429, 'Rate limit exceeded', `Rate limit of ${limit} requests per hour for ${api} exceeded`),
  cannotQuery: () => new ServiceNowError(403, 'Insufficient rights to query records', null),
  cannotAggregate: (table: string) =>
    new ServiceNowError(403, 'Insufficient rights to query records', `No permission to read table '${table}'`),
  queryFieldNotReadable: () =>
    new ServiceNowError(
      403,
      'Insufficient rights to query records',
      'Field(s) present in the query do not have permission to be read',
    ),
  tableNotAuthorized: (table: string) =>
    new ServiceNowError(403, 'User Not Authorized', `User is unauthorized to access table: ${table}`),
  apiNotAuthorized: () => new ServiceNowError(403, 'User Not Authorized', 'Failed API level ACL Validation'),
  writeRefused: (verb: 'Insert' | 'Update' | 'Delete') =>
    new ServiceNowError(403, 'Operation Failed', `ACL Exception ${verb} Failed due to security constraints`),
  abortedByRule: (table: string, rule: string) =>
    new ServiceNowError(
      403,
      'Operation Failed',
      `Operation against file '${table}' was aborted by Business Rule '${rule}'`,
    ),
  dataPolicy: (labels: readonly string[]) =>
    new ServiceNowError(
      403,
      'Operation Failed',
      `Data Policy Exception: The following fields are mandatory: ${labels.join(', ')}`,
    ),
};
