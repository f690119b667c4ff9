import Type, { type Static } from 'typebox';

/** How the end of an approval is told: by a signed message to a URL, and by a note on the ticket. */
export const deliveryKinds = ['webhook', 'work-notes'] as const;
export type DeliveryKind = (typeof deliveryKinds)[number];

/**
 * `pending`: the approval has not ended, so there is nothing to tell. `waiting`: it is tried at `nextTryAt`. `delivered`:
 * it was told. `given-up`: it is not tried again, unless somebody asks for it.
 */
export const deliveryStates = ['pending', 'waiting', 'delivered', 'given-up'] as const;

/** One try, and what came of it. */
export const DeliveryTry = Type.Object({
  at: Type.String(),
  durationMs: Type.Integer(),
  delivered: Type.Boolean(),
  detail: Type.String({ description: 'what came of it, in words' }),
  status: Type.Optional(Type.Integer({ description: 'the HTTP status that the target answered' })),
  answer: Type.Optional(Type.String({ description: 'the beginning of what it answered, when that was no success' })),
  taskId: Type.Optional(Type.String({ description: 'the ticket.update task that wrote the note, or did not' })),
});
export type DeliveryTry = Static<typeof DeliveryTry>;

/** A delivery as the API shows it. Times are ISO 8601 in UTC. */
export const DeliveryView = Type.Object({
  kind: Type.Enum(deliveryKinds),
  state: Type.Enum(deliveryStates),
  messageId: Type.Optional(Type.String({ description: 'of a webhook: its webhook-id, the same for every try' })),
  target: Type.Optional(Type.String({ description: 'of a webhook: where it is sent, without path and query' })),
  taskId: Type.Optional(Type.String({ description: 'of work notes: the task that writes them now' })),
  nextTryAt: Type.Optional(Type.String()),
  because: Type.Optional(Type.String({ description: 'why it was given up' })),
  tries: Type.Array(DeliveryTry, { description: 'the newest last; of many the newest 100' }),
});
export type DeliveryView = Static<typeof DeliveryView>;
