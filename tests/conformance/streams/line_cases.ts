import { openLocal } from "../../../lib/streams/local/open_local.ts";
import { openStream } from "../../../lib/streams/open_stream.ts";
import { join } from "node:path";
import { type LineFigures, type LineKit, type LineWish, proveAtLeastOnce } from "./at_least_once.ts";
import { BrokerServer } from "./broker_server.ts";

/** What the dice are thrown by; `LEVADA_SEED` says another. */
export const SEED = Number(Deno.env.get("LEVADA_SEED") ?? 20_261_126);

type OpenLine = () => Promise<LineKit & AsyncDisposable>;

/** What keeps the streams of a line, each with a server of its own. */
export const LINES: Readonly<Record<string, OpenLine>> = {
  local: () =>
    Promise.resolve({
      line: "local://line",
      open: <Body>(path: string, state: string) => openLocal<Body>(path, { folder: join(state, "streams") }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  kafka: () => atBroker("kafka", "kafka", {}),
  nats: () => atBroker("nats", "nats", {}),
  redis: () => atBroker("redis", "redis", { LEVADA_REDIS_FSYNC: "always" }),
};

async function atBroker(name: string, scheme: string, environment: Readonly<Record<string, string>>) {
  const server = await BrokerServer.start(name, environment);
  const host = server.address.replace(/^[a-z]+:\/\//, "");
  return {
    line: `${scheme}://${host}/line`,
    open: <Body>(path: string) => openStream<Body>(path),
    server,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Runs numbers through a line of a name in `LINES`. */
export async function proveLine(name: string, wish: LineWish): Promise<LineFigures> {
  await using kit = await LINES[name]!();
  return await proveAtLeastOnce(kit, wish);
}
