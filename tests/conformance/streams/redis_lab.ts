import { setTimeout as pause } from "node:timers/promises";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import type { LeasedStream } from "../../../lib/streams/leased/leased_stream.ts";
import { openRedisStream } from "../../../lib/streams/redis/open_redis.ts";
import { BrokerServer } from "./broker_server.ts";
import type { OpenLab } from "./contract.ts";
import type { Trial } from "./main.ts";

const SESSION_MS = 1_500; // a killed reader is missed for so long; shorter, a busy machine's readers would be taken for dead

/** A Redis server, and what is asked of it. */
export async function redisTrial(): Promise<Trial> {
  const server = await BrokerServer.start("redis");
  return {
    open: labsOf(server),
    limits: { isUnbounded: true }, // Redis takes whatever comes, until its `maxmemory`
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function labsOf({ address }: BrokerServer): OpenLab {
  return () => {
    const path = `${address}/lab-${crypto.randomUUID()}`;
    return Promise.resolve({
      open: <Body>() => openRedisStream<Body>(path, { sessionMs: SESSION_MS }),
      openDeadLetters: () => openRedisStream(deadLetterPath(path), { sessionMs: SESSION_MS }),
      crash: (stream) => (stream as LeasedStream<unknown>).abandon(),
      now: () => Date.now(),
      advance: (ms) => pause(ms),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  };
}
