import type { CommandContext } from "./command.ts";
import { prefetch } from "./prefetch.ts";

/** What clients of brokers are fetched for the first stream of a kind. */
const CLIENTS: Readonly<Record<string, string>> = {
  kafka: "@platformatic/kafka",
  nats: "@nats-io/transport-node",
  redis: "redis",
};

/** Downloads what streams of these paths need and is not there yet. */
export async function prefetchClients(paths: readonly string[], context: CommandContext): Promise<void> {
  const clients = new Set(paths.flatMap((path) => CLIENTS[path.slice(0, path.indexOf("://")).toLowerCase()] ?? []));
  if (clients.size > 0) await prefetch([...clients], context);
}
