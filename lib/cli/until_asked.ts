/** Resolves when somebody asks this process to end; who asks a second time ends it at once. */
export async function untilAsked(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((asked) => signal.addEventListener("abort", asked, { once: true }));
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && name === "SIGTERM") continue;
    Deno.addSignalListener(name, () => Deno.exit(name === "SIGINT" ? 130 : 143));
  }
}
