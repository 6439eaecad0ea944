import { setTimeout as pause } from "node:timers/promises";

/** What is refused while a broker begins works a little later. */
export async function patiently(act: () => Promise<unknown>, withinMs = 30_000): Promise<void> {
  const startedAt = performance.now();
  while (true) {
    try {
      return void await act();
    } catch (error) {
      if (performance.now() - startedAt > withinMs) throw error;
    }
    await pause(200);
  }
}
