// The last few things that were made by number, as making one again costs time.

export class Keeper<T> {
  readonly #kept = new Map<number, Promise<T>>();
  readonly #most: number;
  readonly #make: (at: number) => Promise<T>;

  constructor(most: number, make: (at: number) => Promise<T>) {
    this.#most = most;
    this.#make = make;
  }

  get(at: number): Promise<T> {
    const known = this.#kept.get(at);
    this.#kept.delete(at);
    const made = known ?? this.#make(at);
    this.#kept.set(at, made);
    if (known === undefined) {
      // What failed is tried again when it is asked for again.
      made.catch(() => this.#kept.delete(at));
      if (this.#kept.size > this.#most) this.#kept.delete(this.#kept.keys().next().value!);
    }
    return made;
  }
}
