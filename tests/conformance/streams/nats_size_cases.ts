import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { readBrokerPath } from "../../../lib/streams/leased/broker_path.ts";
import { silence } from "../../../lib/streams/nats/nats_answer.ts";
import { NatsClient } from "../../../lib/streams/nats/nats_client.ts";
import { openNats } from "../../../lib/streams/nats/open_nats.ts";
import type { BrokerServer } from "./broker_server.ts";
import type { StreamCase } from "./contract.ts";

const MOST_BYTES = 3_000;
const SOON_MS = 5_000;
const STILL_MS = 6_500; // longer than an answer is waited for: it is sent again
const LARGE = "x".repeat(9_000);
/** Calls of one moment: what each publishes. */
const CALLS: Readonly<Record<string, readonly (readonly (string | number)[])[]>> = {
  "the large one first": [[LARGE], [1], [2, 3]],
  "in the middle": [[1], [LARGE], [2, 3]],
  "last": [[1], [2, 3], [LARGE]],
  "beside another in its call": [[LARGE, 1], [2], [3]],
  "behind another in its call": [[2], [1, LARGE], [3]],
  "alone": [[LARGE]],
  "alone in one call with another": [[LARGE, 1]],
};

/** A stream whose `max_msg_size` is set by others. */
export function natsSizeCases(server: BrokerServer): readonly StreamCase[] {
  const { address } = server;
  const limit = async (name: string) => {
    const client = await NatsClient.connect(readBrokerPath(`${address}/any`, 0), { connectMs: 5_000, answerMs: 5_000 });
    const { config } = await client.ask<{ config: object }>("ask", `STREAM.INFO.${name}`, "");
    await client.ask("ask", `STREAM.UPDATE.${name}`, { ...config, max_msg_size: MOST_BYTES });
    await client.close();
  };
  return [
    {
      title: "a record that the stream came to refuse is refused in seconds, wherever it stands, and nobody else's",
      async run() {
        for (const [title, calls] of Object.entries(CALLS)) {
          await using stream = await openNats<string | number>(`${address}/limit-${crypto.randomUUID()}`);
          await limit(stream.path.split("/").at(-1)!);
          const startedAt = performance.now();
          const told = await Promise.allSettled(
            calls.map((bodies) => stream.publish(bodies.map((body) => ({ body, key: "k" })))),
          );
          ok(performance.now() - startedAt < SOON_MS, title);
          const isGood = calls.map((bodies) => !bodies.includes(LARGE));
          deepStrictEqual(told.map(({ status }) => status === "fulfilled"), isGood, title);
          for (const one of told) {
            if (one.status === "rejected") {
              match(
                one.reason.message,
                /NATS answers message size exceeds maximum allowed; none of the records is kept$/,
              );
            }
          }
          const kept = [];
          for await (const { body } of stream.look("g")) kept.push(body);
          deepStrictEqual(kept, calls.filter((_, index) => isGood[index]).flat(), title);
        }
      },
    },
    {
      title:
        "a record that the stream came to refuse takes no other with it where the server stood still; a batch that it kept then is kept once",
      async run() {
        await using stream = await openNats<string | number>(`${address}/still-${crypto.randomUUID()}?partitions=1`);
        const publish = (...bodies: (string | number)[]) => stream.publish(bodies.map((body) => ({ body, key: "k" })));
        await limit(stream.path.split("/").at(-1)!.split("?")[0]!);
        await server.signal("SIGSTOP");
        const publishing = Promise.allSettled([publish(1), publish(LARGE), publish(2, 3), publish(4, LARGE)]);
        await pause(STILL_MS);
        await server.signal("SIGCONT");
        const told = await publishing;
        await server.signal("SIGSTOP");
        const kept = Promise.all([publish(5), publish(6, 7)]);
        await pause(STILL_MS);
        await server.signal("SIGCONT");
        await kept;
        deepStrictEqual(await Array.fromAsync(stream.look("g"), ({ body }) => body), [1, 2, 3, 5, 6, 7]);
        deepStrictEqual(told.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled", "rejected"]);
        for (const one of told) {
          if (one.status === "rejected") {
            match(one.reason.message, /exceeds maximum allowed; 0 of [12] records are known/);
          }
        }
      },
    },
    {
      title: "a batch that is refused for its size, but was kept when its answer was lost, is kept once",
      async run() {
        await using stream = await openNats<string | number>(`${address}/lost-${crypto.randomUUID()}?partitions=1`);
        const { send } = NatsClient.prototype;
        NatsClient.prototype.send = async function (...args) {
          NatsClient.prototype.send = send;
          await send.apply(this, args);
          await limit(stream.path.split("/").at(-1)!.split("?")[0]!);
          throw silence();
        };
        const told = await Promise.allSettled(
          [[1], [LARGE], [2, 3]].map((bodies) => stream.publish(bodies.map((body) => ({ body, key: "k" })))),
        );
        deepStrictEqual(await Array.fromAsync(stream.look("g"), ({ body }) => body), [1, LARGE, 2, 3]);
        deepStrictEqual([told[0]!.status, told[2]!.status], ["fulfilled", "fulfilled"]);
        if (told[1]!.status === "rejected") match(told[1]!.reason.message, /; 0 of 1 records are known to be kept$/);
      },
    },
    {
      title:
        "a record that is larger than the stream takes is refused by itself, with both sizes; a dead letter is cut",
      async run() {
        const path = `${address}/limited-${crypto.randomUUID()}`;
        const name = path.split("/").at(-1)!;
        await using stream = await openNats<string>(path);
        const subscription = await stream.subscribe({ group: "g", maxTries: 1 });
        await limit(`${name}-dead-letters`);
        await stream.publish([{ body: LARGE }]);
        await (await subscription.next()).value!.nack(new Error("no"));
        await using letters = await openNats<string>(`${path}-dead-letters`);
        const [letter] = await Array.fromAsync(letters.look("g"));
        match(letter!.unreadable!, /of its 9002 bytes/);
        await limit(name);
        await using limited = await openNats<string>(path);
        await Promise.all([
          rejects(limited.publish([{ body: LARGE }, { body: "a" }]), {
            name: "StreamError",
            message: /a record has 9\d+ bytes with its headers, and the stream takes 3000\. Raise its max_msg_size/,
          }),
          limited.publish([{ body: "b" }]),
        ]);
        strictEqual(await limited.lag("g"), 1);
        await limited.publish([{ body: "x".repeat(MOST_BYTES - 400) }]);
      },
    },
  ];
}
