/** Values of several rounds under names, in the order of the rounds. */
export class Rounds<Name extends string> {
  readonly #values = new Map<Name, number[]>();

  add(name: Name, value: number): void {
    const values = this.#values.get(name) ?? [];
    values.push(value);
    this.#values.set(name, values);
  }

  of(name: Name): readonly number[] {
    return this.#values.get(name) ?? [];
  }
}
