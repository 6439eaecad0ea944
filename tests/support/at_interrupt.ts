/** What is put away when a run is interrupted: servers and deployments outlive whoever started them. */

type Signal = "SIGINT" | "SIGTERM";

const EXIT_CODES: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 143 };
const SIGNALS = Object.keys(EXIT_CODES) as Signal[];
const LISTENERS = Object.fromEntries(SIGNALS.map((signal) => [signal, () => void end(signal)]));
const CLEANUPS = new Set<() => Promise<void>>();
let isEnding = false;

/** Has this done, the last first, when the program is interrupted; until it is disposed of. A second signal waits for nothing. */
export function cleanUpAtInterrupt(cleanUp: () => Promise<void>): Disposable {
  if (CLEANUPS.size === 0) { for (const signal of SIGNALS) Deno.addSignalListener(signal, LISTENERS[signal]!); }
  CLEANUPS.add(cleanUp);
  return {
    [Symbol.dispose]() {
      if (!CLEANUPS.delete(cleanUp) || CLEANUPS.size > 0) return;
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, LISTENERS[signal]!);
    },
  };
}

async function end(signal: Signal): Promise<void> {
  if (!isEnding) {
    isEnding = true;
    console.error(`${signal}: putting away what was started …`);
    for (const cleanUp of [...CLEANUPS].reverse()) await cleanUp().catch((error) => console.error(error));
  }
  Deno.exit(EXIT_CODES[signal]);
}
