/** What query builders give: no promise, but an object that begins its work when somebody calls its `then`. */
export class Thenable<Value> implements PromiseLike<Value> {
  readonly #answer: () => Value | PromiseLike<Value>;
  /** How often the work was begun. */
  starts = 0;

  constructor(answer: () => Value | PromiseLike<Value>) {
    this.#answer = answer;
  }

  then<Next = Value, Otherwise = never>(
    onValue?: ((value: Value) => Next | PromiseLike<Next>) | null,
    onError?: ((error: unknown) => Otherwise | PromiseLike<Otherwise>) | null,
  ): PromiseLike<Next | Otherwise> {
    this.starts += 1;
    return Promise.resolve().then(this.#answer).then(onValue, onError);
  }
}

/** A thenable of a value, typed as what a step's function returns. */
export function thenable<Value>(value: Value): Promise<Value> {
  return new Thenable(() => value) as unknown as Promise<Value>;
}
