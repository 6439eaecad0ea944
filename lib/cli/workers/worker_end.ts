import { CommandError } from "../command.ts";
import type { WorkerEnd, WorkerProcess } from "./worker_process.ts";

/**
 * Resolves when a worker that listens reads its streams; at once where it does not tell, as a bundle of an earlier Levada.
 *
 * @throws {CommandError} If it ends before, which it has said why.
 */
export async function untilItReads(worker: WorkerProcess): Promise<void> {
  if ((await worker.listening).waitsToRead === undefined) return;
  await worker.reading.catch(async () => {
    throw new CommandError(`worker ${worker.name} ${describeEnd(await worker.end)} before it read`);
  });
}

/** How a worker ended, as a part of a sentence. */
export function describeEnd({ code, signal, wasStuck }: WorkerEnd): string {
  if (wasStuck) return "gave no sign of life and was killed";
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}
