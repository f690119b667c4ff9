/** What becomes of one property, in words; `from` is absent where there was none. */
export interface PropertyChange {
  readonly property: string;
  readonly from?: string;
  readonly to: string;
}

export type Properties = Readonly<Record<string, string>>;

/** What must change so that `before` becomes `after`; without `before`, all of it. */
export function compare(before: Properties | undefined, after: Properties): PropertyChange[] {
  const removed = Object.keys(before ?? {}).filter((property) => !Object.hasOwn(after, property));
  return [
    ...Object.entries(after).flatMap(([property, to]) =>
      before?.[property] === to ? [] : [change(property, before?.[property], to)],
    ),
    ...removed.map((property) => change(property, before?.[property], 'nothing')),
  ];
}

export function change(property: string, from: string | undefined, to: string): PropertyChange {
  return from === undefined ? { property, to } : { property, from, to };
}
