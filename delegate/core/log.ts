/** What a log line is about; never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the delegate's parts write what happened: constant lower-case phrases, data in fields. */
export interface Log {
  debug(fields: LogFields, phrase: string): void;
  info(fields: LogFields, phrase: string): void;
  warn(fields: LogFields, phrase: string): void;
  error(fields: LogFields, phrase: string): void;
}
