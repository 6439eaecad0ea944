import { clientsOf } from "../deploy/process/stream_clients.ts";
import type { CommandContext } from "./command.ts";
import { prefetch } from "./prefetch.ts";

/** Downloads what streams of these paths need and is not there yet. */
export async function prefetchClients(paths: readonly string[], context: CommandContext): Promise<void> {
  const clients = clientsOf(paths);
  if (clients.length > 0) await prefetch(clients, context);
}
