import { setTimeout as pause } from "node:timers/promises";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import type { LeasedStream } from "../../../lib/streams/leased/leased_stream.ts";
import { openNatsStream } from "../../../lib/streams/nats/open_nats.ts";
import { BrokerServer } from "./broker_server.ts";
import type { OpenLab } from "./contract.ts";
import type { Trial } from "./main.ts";

const SESSION_MS = 1_500; // a killed reader is missed for so long; shorter, a busy machine's readers would be taken for dead
const SETTINGS = "max_payload: 16MB\n"; // the contract's largest record has 10; by itself NATS takes 1

/** A NATS server with JetStream, and what is asked of it. */
export async function natsTrial(): Promise<Trial> {
  const settings = await Deno.makeTempFile({ prefix: "levada-nats-" });
  await Deno.writeTextFile(settings, SETTINGS);
  const server = await BrokerServer.start("nats", { LEVADA_NATS_CONF: settings });
  return {
    open: labsOf(server),
    limits: { isUnbounded: true }, // NATS takes whatever comes, until its storage is full
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(settings);
    },
  };
}

function labsOf({ address }: BrokerServer): OpenLab {
  return () => {
    const path = `${address}/lab.${crypto.randomUUID()}`;
    return Promise.resolve({
      open: <Body>() => openNatsStream<Body>(path, { sessionMs: SESSION_MS }),
      openDeadLetters: () => openNatsStream(deadLetterPath(path), { sessionMs: SESSION_MS }),
      crash: (stream) => (stream as LeasedStream<unknown>).abandon(),
      now: () => Date.now(),
      advance: (ms) => pause(ms),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  };
}
