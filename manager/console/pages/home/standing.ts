import type { paths } from '../../api/schema.d.ts';

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;

export type Delegate = Answer<'/api/v1/delegates'>['items'][number];
export type Connector = Answer<'/api/v1/connectors'>['items'][number];
export type Approval = Answer<'/api/v1/approvals'>['items'][number];
export type Task = Answer<'/api/v1/tasks'>['items'][number];
export type Delivery = Answer<'/api/v1/approvals/{id}/deliveries'>['items'][number];

/** What is known of everything, from the first page of each list. */
export interface Standing {
  readonly delegates: readonly Delegate[];
  readonly connectors: readonly Connector[];
  /** Those that wait. */
  readonly gates: readonly Approval[];
  /** Those that nobody has. */
  readonly queued: readonly Task[];
  /** Of approvals that ended lately. */
  readonly deliveries: readonly { readonly approval: Approval; readonly delivery: Delivery }[];
}
