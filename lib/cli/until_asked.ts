/** Resolves when somebody asks this process to end. */
export async function untilAsked(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((asked) => signal.addEventListener("abort", asked, { once: true }));
}

/** Waits for this, but not when somebody asks this process to end: then it is undefined, and what else comes of it is nobody's. */
export async function unlessAsked<Value>(signal: AbortSignal, working: Promise<Value>): Promise<Value | undefined> {
  working.catch(() => {});
  return await Promise.race([working, untilAsked(signal).then(() => undefined)]);
}

/** From now on who asks this process to end ends it at once, after `before`. */
export function endAtOnce(before: () => void = () => {}): void {
  for (const [name, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    if (Deno.build.os === "windows" && name === "SIGTERM") continue;
    Deno.addSignalListener(name, () => {
      before();
      Deno.exit(code);
    });
  }
}
