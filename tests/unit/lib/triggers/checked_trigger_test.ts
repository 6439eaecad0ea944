import { deepStrictEqual, throws } from "node:assert/strict";
import { serving } from "levada";
import { checkedTrigger } from "../../../../lib/triggers/checked_trigger.ts";
import { describeTrigger, type Trigger } from "../../../../lib/triggers/trigger.ts";

Deno.test("checkedTrigger() tells at once everything that is wrong with a trigger", () => {
  const wrong: [unknown, RegExp][] = [
    [undefined, /it has neither a stream nor a schedule: give \{ stream \} or \{ schedule \}$/],
    [{ stream: "local://a", schedule: "* * * * *" }, /it has both a stream and a schedule/],
    [{ stream: "carrier://a" }, /Cannot open stream "carrier:\/\/a": the kinds of streams are memory:\/\//],
    [{ stream: "dummy://" }, /dummy:\/\/ only keeps a list, and nothing comes out of it/],
    [{ stream: "local://a", maxRecords: 0, maxTries: 1.5, every: 1 }, /maxRecords: .*; maxTries: .*"every"/],
    [{ schedule: { everyMs: 50 } }, /schedule\.everyMs: must be a whole number from 100 on/],
    [{ schedule: 5 }, /schedule: is neither cron's fields as a text nor \{ everyMs \}/],
    [{ schedule: "* * * * *", body: new Date(0) }, /body \(Date\) is not JSON/],
    [{ schedule: "* * * * *", body: () => 1 }, /body \(function\) is not JSON/],
    [{ schedule: "* * * * *", headers: { "a b": "c" } }, /headers: a name or a value is none that HTTP has/],
    [{ schedule: "* * * * *", path: "models" }, /path: begins with a slash/],
    [{ schedule: "* * * * *", overlap: "queue" }, /overlap: /],
  ];
  for (const [trigger, message] of wrong) {
    throws(() => checkedTrigger("shop", "t", trigger as Trigger), {
      name: "TypeError",
      message: new RegExp(`^Cannot add trigger "t" to function "shop": .*${message.source}`),
    });
  }
});

Deno.test("addTrigger() refuses a trigger without a name, and a name that is taken", () => {
  const fn = serving("shop").addTrigger("nightly", { schedule: "@daily" });
  throws(() => fn.addTrigger("", { schedule: "@daily" }), /Cannot add a trigger to function "shop" without a name/);
  throws(() => fn.addTrigger("nightly", { schedule: "@hourly" }), /it has one of this name already/);
});

Deno.test("describeTrigger() says a stream without its login, and a schedule's times", () => {
  const triggers: Trigger[] = [
    { stream: "kafka://me:secret@broker:9092/orders?partitions=3" },
    { schedule: "0 3 * * *", timeZone: "Europe/Rome" },
    { schedule: "@daily" },
    { schedule: { everyMs: 300_000 } },
    { schedule: { everyMs: 1_500 } },
  ];
  deepStrictEqual(triggers.map(describeTrigger), [
    "kafka://broker:9092/orders",
    "0 3 * * * Europe/Rome",
    "@daily UTC",
    "every 5 min",
    "every 1500 ms",
  ]);
});
