import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { serving } from "levada";
import { mirroredTriggers } from "../../../../../lib/deploy/nuclio/mirrored_triggers.ts";
import { manifested } from "../../../../support/manifested.ts";

function made(add: (fn: ReturnType<typeof serving>) => void) {
  const fn = serving("shop");
  add(fn);
  fn.setTopology("flow").to("see", (body: unknown) => body);
  return mirroredTriggers(manifested(fn), "shop");
}

Deno.test("mirroredTriggers() shows streams as Nuclio's kinds, without logins", () => {
  const { triggers, notes } = made((fn) =>
    fn
      .addTrigger("http", { stream: "kafka://ann:${PW}@b1:9092,b2/orders?partitions=4", from: "end", group: "g" })
      .addTrigger("jobs", { stream: "nats://n:4222/jobs" })
      .addTrigger("Ev ents", { stream: "v3ios://web:8443/projects/a/b" })
      .addTrigger("odd", { stream: "redis://r:6379/odd" })
  );
  deepStrictEqual(triggers, {
    "http-trigger": {
      kind: "kafka-cluster",
      name: "http-trigger",
      attributes: { brokers: ["b1:9092", "b2:9092"], topics: ["orders"], consumerGroup: "g", initialOffset: "latest" },
    },
    jobs: { kind: "nats", name: "jobs", url: "nats://n:4222", attributes: { topic: "jobs", queueName: "shop" } },
    "ev-ents": {
      kind: "v3ioStream",
      name: "ev-ents",
      url: "https://web:8443",
      attributes: { containerName: "projects", streamPath: "a/b", consumerGroup: "shop", seekTo: "earliest" },
    },
  });
  deepStrictEqual(notes, [
    "function shop: Nuclio has no kind of trigger for redis://r:6379/odd; the function reads it, and no dashboard shows it",
  ]);
});

Deno.test("mirroredTriggers() shows schedules as cron triggers, and says where that would start them twice", () => {
  const { triggers, notes } = made((fn) =>
    fn
      .addTrigger("count", {
        schedule: "*/5 * * * *",
        timeZone: "Europe/Rome",
        body: { all: true },
        headers: { a: "b" },
      })
      .addTrigger("beat", { schedule: { everyMs: 1_500 }, overlap: "allow" })
  );
  deepStrictEqual(triggers, {
    count: {
      kind: "cron",
      name: "count",
      attributes: {
        schedule: "CRON_TZ=Europe/Rome */5 * * * *",
        concurrencyPolicy: "Forbid",
        event: { body: `{"all":true}`, headers: { a: "b" } },
      },
    },
    beat: {
      kind: "cron",
      name: "beat",
      attributes: { interval: "1500ms", concurrencyPolicy: "Allow", event: { body: "", headers: {} } },
    },
  });
  strictEqual(notes.length, 2);
  match(
    notes[0]!,
    /schedule "count" itself.*cronTriggerCreationMode: kube.*mirrorSchedules: false, or it starts twice/,
  );
});
