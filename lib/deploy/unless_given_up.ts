/**
 * Waits for this unless it is given up: what comes of it then is nobody's, so it may change nothing.
 *
 * @throws {unknown} The signal's reason, as soon as it is aborted.
 */
export async function unlessGivenUp<Value>(signal: AbortSignal | undefined, working: Promise<Value>): Promise<Value> {
  if (signal === undefined) return await working;
  working.catch(() => {});
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([working, givenUp]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
