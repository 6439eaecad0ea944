import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { DeadLetters, deadLetters } from "../../../../lib/streams/dead_letters.ts";
import { openLocal } from "../../../../lib/streams/local/open_local.ts";
import { MemoryBroker } from "../../../../lib/streams/memory/memory_broker.ts";
import { sealRecord } from "../../../../lib/streams/record.ts";
import { lettersOf as wiresOf, sealDeadLetter } from "../../../../lib/streams/seal_dead_letter.ts";
import { CROSSING } from "../../../support/border_values.ts";
import { openStream } from "../../../../lib/streams/open_stream.ts";
import type { NewRecord, Stream } from "../../../../lib/streams/stream.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

/** The dead letters of a broker of a test, for one more person; `publish` may be another's than the stream's. */
function lettersOf<Body = unknown>(
  broker: MemoryBroker,
  publish = (stream: Stream, records: readonly NewRecord[]) => stream.publish(records),
) {
  return new DeadLetters<Body>("memory://in", <Body>(path: string, options = {}) => {
    const stream = broker.open<Body>(path, options);
    const publishHere = stream.publish.bind(stream);
    stream.publish = (records) => publish({ path, publish: publishHere } as never, records);
    return Promise.resolve(stream);
  });
}

/** Publishes records of which groups work on none. */
async function fail(broker: MemoryBroker, records: readonly NewRecord[], groups = ["g"]): Promise<void> {
  const stream = broker.open("memory://in");
  await stream.publish(records);
  for (const group of groups) {
    await using subscription = await stream.subscribe({ group, maxTries: 1 });
    for (let rest = records.length; rest > 0;) {
      const { value } = await subscription.next();
      rest -= value!.records.length;
      await value!.nack(new Error("no"));
    }
  }
}

/** A stream of which five records failed. */
async function failed() {
  const broker = new MemoryBroker();
  const records = [1, 2, 3, 4, 5].map((body) => ({
    body,
    id: `r${body}`,
    key: `k${body}`,
    headers: { "x-a": "1" },
  }));
  await fail(broker, records);
  return { stream: broker.open<number>("memory://in"), letters: lettersOf<number>(broker), broker };
}

Deno.test("DeadLetters.list() looks without taking anything away, also from those who look at the same time", async () => {
  const { letters, broker } = await failed();
  for (const list of await Promise.all([letters.list(), letters.list(), lettersOf<number>(broker).list()])) {
    deepStrictEqual(list.map(({ body, error, burial }) => [body, error?.message, burial?.group, burial?.tries]), [
      [1, "no", "g", 1],
      [2, "no", "g", 1],
      [3, "no", "g", 1],
      [4, "no", "g", 1],
      [5, "no", "g", 1],
    ]);
  }
  strictEqual(broker.log("memory://in-dead-letters").groups.size, 0, "who looks joins no group");
});

Deno.test("DeadLetters.list() finds the letters of a stream whose path says more than its name", async () => {
  const broker = new MemoryBroker();
  const stream = broker.open("memory://in?partitions=8&capacity=5");
  await fail(broker, [{ body: 1 }]);
  await stream.close();
  const letters = new DeadLetters(
    "memory://in?partitions=8&capacity=5",
    <Body>(path: string, options = {}) => Promise.resolve(broker.open<Body>(path, options)),
  );
  strictEqual((await letters.list()).length, 1);
  strictEqual(await letters.replay("all"), 1);
});

Deno.test("DeadLetters.replay() sends some again as they were, or mended, and keeps the rest", async () => {
  const { letters, stream, broker } = await failed();
  const [first, second] = await letters.list();
  strictEqual(await letters.replay([first!, { ...second!, body: 20 }], { by: "ann" }), 2);
  await rejects(letters.replay([first!]), /^StreamError: .*there is no letter r1 \(replayed by ann at \d{4}-/);
  deepStrictEqual((await letters.list()).map(({ body }) => body), [3, 4, 5]);
  strictEqual(await stream.lag("g"), 2);
  const again = broker.records("memory://in").slice(5);
  deepStrictEqual(again.map(({ id, key, body, error, headers }) => [id, key, body, error, headers.get("x-a")]), [
    ["r1", "k1", 1, undefined, "1"],
    ["r2", "k2", 20, undefined, "1"],
  ]);
  deepStrictEqual((await letters.acts()).map(({ id, by, isMended }) => [id, by, isMended]), [
    ["r1", "ann", false],
    ["r2", "ann", true],
  ]);
});

Deno.test("DeadLetters.replay() takes ids, all, or a filter, and sends none where one is not there", async () => {
  const { letters, stream } = await failed();
  await rejects(letters.replay(["r1", "r9", "nobody"]), {
    name: "StreamError",
    message: "Cannot replay dead letters of memory://in: there is no letter r9, nobody",
  });
  await rejects(letters.replay({ stpe: "x" } as never), /letters are chosen by id, key, step, error, .* not by "stpe"/);
  await rejects(letters.replay("r1", { by: " " }), /by is the name of who acts/);
  deepStrictEqual([await stream.lag("g"), await letters.replay({ step: "nowhere" })], [0, 0]);
  strictEqual(await letters.replay(["r2", "r2"]), 1);
  strictEqual(await letters.replay({ key: "k3", message: "no", group: "g", error: "Error", step: "" }), 1);
  strictEqual(await letters.replay(({ body }) => body > 4), 1);
  strictEqual(await letters.replay("all"), 2);
  strictEqual(await letters.replay("all"), 0);
  strictEqual(await stream.lag("g"), 5);
});

Deno.test("DeadLetters.replay() says by whom and how often, also when the record fails again", async () => {
  const { letters, stream, broker } = await failed();
  await letters.replay("all");
  const [user] = broker.records("memory://in").slice(5);
  ok(/^.+@.+$/.test(user!.replay!.by), "the user of this machine");
  for (const [time, by] of ["ann", "bob\n@söme"].entries()) {
    await using subscription = await stream.subscribe({ group: "g", maxTries: 1 });
    for (let rest = await stream.lag("g"); rest > 0;) {
      const { value } = await subscription.next();
      rest -= value!.records.length;
      await value!.nack(new Error("still no"));
    }
    const [letter] = await letters.list({ id: "r1" });
    strictEqual(letter!.replay!.count, time + 1);
    strictEqual(await letters.replay("r1", { by }), 1);
    const { replay } = broker.records("memory://in").at(-1)!;
    deepStrictEqual([replay!.by, replay!.count], [by, time + 2]);
    ok(Math.abs(replay!.at.getTime() - Date.now()) < 60_000);
  }
});

Deno.test("DeadLetters.replay() sends the bytes as they came, if nobody changed them", async () => {
  const broker = new MemoryBroker();
  const bytes = new TextEncoder().encode(`{ "n": 12345678901234567890, "n2": 1.0 }`);
  const records = [
    { id: "long", body: bytes, headers: { "content-type": "application/json" } },
    { id: "broken", body: new TextEncoder().encode(`{"n":`), headers: { "content-type": "application/json" } },
    { id: "text", body: "1", headers: { "content-type": "text/plain" } },
    { id: "bytes", body: new Uint8Array([0, 255]) },
  ];
  await fail(broker, records);
  const letters = lettersOf(broker);
  strictEqual(await letters.replay("all"), 4);
  const wires = broker.log("memory://in").all().slice(4).map(({ record }) => record);
  deepStrictEqual(wires.map(({ bytes }) => new Uint8Array(bytes)), [
    bytes,
    records[1]!.body,
    new TextEncoder().encode("1"),
    records[3]!.body,
  ]);
  deepStrictEqual(
    wires.map(({ headers }) => headers["content-type"]),
    ["application/json", "application/json", "text/plain", "application/octet-stream"],
  );
});

Deno.test("DeadLetters.replay() sends what another hand wrote as the bytes that it came as, read as it was read", async () => {
  const broker = new MemoryBroker();
  const texts = [`{"account": 12345678901234567890, "amount": 1.10}`, `{"a":1,"a":2}`, "plain text", "<xml/>", `"x"`];
  const wrapped = `{"full_event_wrapper":true,"body":{"n":1},"id":"w"}`;
  const stream = broker.open("memory://in");
  const log = broker.log("memory://in");
  for (const text of [...texts, wrapped]) {
    const wire = { key: "k", bytes: new TextEncoder().encode(text), headers: {} };
    await log.append([wire], { by: broker, now: () => 0 });
  }
  const subscription = await stream.subscribe({ group: "g", maxTries: 1 });
  const { value } = await subscription.next();
  await value!.nack(new Error("no"));
  await lettersOf(broker).replay("all");
  const { value: again } = await subscription.next();
  const wires = log.all().slice(texts.length + 1).map(({ record }) => record);
  deepStrictEqual(wires.slice(0, -1).map(({ bytes }) => new TextDecoder().decode(bytes)), texts);
  deepStrictEqual(again!.records.map(({ body }) => body), value!.records.map(({ body }) => body));
  await stream.close();
});

Deno.test("DeadLetters.replay() sends a record once that two groups gave up, and marks both", async () => {
  const broker = new MemoryBroker();
  await fail(broker, [{ id: "a", body: { n: 1 } }, { id: "same", body: 1 }, { id: "same", body: 2 }], ["g", "h"]);
  const letters = lettersOf(broker);
  strictEqual(await letters.replay("all"), 6);
  const again = broker.records("memory://in").slice(3);
  deepStrictEqual(again.map(({ id, body }) => [id, body]), [["a", { n: 1 }], ["same", 1], ["same", 2]]);
  deepStrictEqual(await letters.list(), []);
});

Deno.test("DeadLetters.replay() that is interrupted between sending and marking loses no letter", async () => {
  const broker = new MemoryBroker();
  await fail(broker, Array.from({ length: 250 }, (_, n) => ({ body: n, id: `r${n}` })));
  let marks = 0;
  const letters = lettersOf<number>(broker, async (stream, records) => {
    if (stream.path.includes("-dead-letters") && ++marks === 2) throw new Error("the broker is away");
    await stream.publish(records);
  });
  await rejects(letters.replay("all"), {
    name: "StreamError",
    message: "Cannot replay dead letters of memory://in: the broker is away. 100 were replayed before, " +
      "and 100 that are still listed, since that could not be written down",
  });
  strictEqual((await letters.list()).length, 150);
  strictEqual(await letters.replay("all"), 150);
  const again = broker.records("memory://in").slice(250);
  deepStrictEqual([again.length, new Set(again.map(({ id }) => id)).size], [350, 250], "a hundred twice, none lost");
});

Deno.test("DeadLetters.replay() sends large letters a few at a time", async () => {
  const broker = new MemoryBroker();
  await fail(broker, Array.from({ length: 7 }, (_, n) => ({ body: new Uint8Array(1_500_000), id: `r${n}` })));
  const sent: number[] = [];
  const letters = lettersOf<number>(broker, async (stream, records) => {
    if (!stream.path.includes("-dead-letters")) sent.push(records.length);
    await stream.publish(records);
  });
  strictEqual(await letters.replay("all"), 7);
  deepStrictEqual(sent, [3, 3, 1]);
});

Deno.test("DeadLetters.replay() that waits for room ends with its signal, and what was sent is told", async () => {
  const broker = new MemoryBroker();
  await fail(broker, Array.from({ length: 150 }, (_, n) => ({ body: n, id: `r${n}` })));
  broker.log("memory://in", 120);
  const abort = new AbortController();
  let sent = 0;
  const letters = lettersOf<number>(broker, (stream, records) => {
    const publishing = stream.publish(records);
    if (!stream.path.includes("-dead-letters") && ++sent === 2) abort.abort();
    return publishing;
  });
  await rejects(letters.replay("all", { signal: abort.signal }), /: it was interrupted\. 100 were replayed before$/);
  strictEqual((await letters.list()).length, 50);
});

Deno.test("DeadLetters.mend() changes bodies and sends them again, all or none", async () => {
  const { letters, stream, broker } = await failed();
  const mended = letters.mend(["r1", "r2"], (body) => {
    if (body === 2) throw new RangeError("2 cannot be mended");
    return body * 10;
  });
  await rejects(mended, { message: "Cannot mend letter r2, so none is sent: 2 cannot be mended" });
  await rejects(letters.mend("r1", () => Symbol("s") as never), /Cannot mend letter r1, so none is sent: .*a symbol/);
  strictEqual(await stream.lag("g"), 0);
  strictEqual(await letters.mend(["r1", "r2"], async (body, { key }) => await Promise.resolve(body + key!.length)), 2);
  deepStrictEqual(broker.records("memory://in").slice(5).map(({ id, body }) => [id, body]), [["r1", 3], ["r2", 4]]);
});

Deno.test("DeadLetters.mend() may change the body that it is given in place", async () => {
  const broker = new MemoryBroker();
  await fail(broker, [{ id: "a", body: { n: "1" } }]);
  const letters = lettersOf<{ n: unknown }>(broker);
  await letters.mend("a", (body) => {
    body.n = 1;
    return body;
  });
  deepStrictEqual(broker.records("memory://in").at(-1)!.body, { n: 1 });
  strictEqual((await letters.acts())[0]!.isMended, true);
});

Deno.test("DeadLetters.discard() wants a reason, and keeps it with who and when", async () => {
  const { letters, stream } = await failed();
  for (const reason of ["", " ", undefined]) {
    await rejects(letters.discard("all", { reason: reason as string }), /give a reason/);
  }
  strictEqual(await letters.discard(["r1", "r3"], { reason: "a test of ours", by: "ann" }), 2);
  deepStrictEqual((await letters.list()).map(({ id }) => id), ["r2", "r4", "r5"]);
  deepStrictEqual(
    (await letters.acts()).map(({ id, act, by, reason }) => [id, act, by, reason]),
    [["r1", "discarded", "ann", "a test of ours"], ["r3", "discarded", "ann", "a test of ours"]],
  );
  strictEqual(await stream.lag("g"), 0);
});

Deno.test("DeadLetters.show() gives one letter by its id, its beginning, or its group", async () => {
  const broker = new MemoryBroker();
  const [one, other] = ["3f2a9c1b-0000-4000-8000-000000000001", "3f2a9c1b-1000-4000-8000-000000000002"];
  const third = "12345678-0000-4000-8000-000000000003";
  await fail(broker, [one, other, "12345678", third].map((id, body) => ({ id, body: body + 1 })));
  const stream = broker.open("memory://in");
  const subscriptions = await Promise.all(["h", "i"].map((group) => stream.subscribe({ group, from: "end" })));
  await stream.publish([{ id: "both", body: 5 }]);
  for (const subscription of subscriptions) await (await subscription.next()).value!.bury(new Error("no"));
  const letters = lettersOf<number>(broker);
  strictEqual((await letters.show(one)).body, 1);
  strictEqual((await letters.show("3f2a9c1b-1")).body, 2);
  strictEqual((await letters.show("12345678")).body, 3, "an id that is one comes first");
  await rejects(letters.show("3f2a9c1b"), /several ids begin with 3f2a9c1b\. Give more of them/);
  await rejects(letters.show("3f2a9c1"), /there is no letter 3f2a9c1/);
  await rejects(letters.show("bot"), /there is no letter bot/);
  await rejects(letters.show("both"), /2 letters have the id both: group h .*, group i .*\. Say \{ group \} too/);
  strictEqual((await letters.show("both", { group: "i" })).burial?.group, "i");
  await rejects(letters.show("both", { group: "j" }), /the letter of id both is not so/);
});

Deno.test("DeadLetters of a hostile record that looks like an act is a letter like others", async () => {
  const broker = new MemoryBroker();
  const body = { letter: "a", partition: "0", offset: "0", act: "discarded", by: "x", at: "now" };
  const headers = { "content-type": "application/vnd.levada.letter-act+json" };
  await fail(broker, [{ id: "a", body: 1 }, { id: "b", body, headers }]);
  deepStrictEqual((await lettersOf(broker).list()).map(({ id }) => id), ["a", "b"]);
});

Deno.test("DeadLetters lists what looks like an act and cannot be read as one, and goes on", async () => {
  const broker = new MemoryBroker();
  const headers = { "content-type": "application/vnd.levada.letter-act+json" };
  const fine = { letter: "a", partition: "0", offset: "0", act: "replayed", by: "x", at: "2026-01-01T00:00:00.000Z" };
  await fail(broker, [{ id: "a", body: 1 }]);
  const odd = [null, 1, [], {}, { ...fine, at: "nonsense" }, { ...fine, act: "eaten" }, { ...fine, by: 1 }];
  await broker.open("memory://in-dead-letters").publish(odd.map((body, n) => ({ id: `odd ${n}`, body, headers })));
  const letters = lettersOf(broker);
  deepStrictEqual((await letters.list()).map(({ id }) => id), ["a", ...odd.map((_, n) => `odd ${n}`)]);
  deepStrictEqual(await letters.acts(), []);
  strictEqual(await letters.discard("odd 0", { reason: "no act" }), 1);
  strictEqual(await letters.replay("a"), 1);
});

Deno.test("DeadLetters are gone through in pieces, tidied when there were many, and never keep who buries waiting", async () => {
  const broker = new MemoryBroker();
  broker.log("memory://in-dead-letters?capacity=2000");
  const records = Array.from({ length: 1_500 }, (_, n) => ({ body: n, id: `r${n}`, key: `k${n % 50}` }));
  await fail(broker, records);
  const letters = lettersOf<number>(broker);
  strictEqual(await letters.discard(({ body }) => body < 1_200, { reason: "old" }), 1_200);
  const group = broker.log("memory://in-dead-letters").groups.get("dead-letters");
  strictEqual(group?.lag, 1_500, "letters that are over are acknowledged, acts not while letters before them are open");
  strictEqual((await letters.list()).length, 300);
  await fail(broker, records.slice(0, 1_000));
  strictEqual((await letters.list()).length, 1_300);
});

Deno.test("DeadLetters shows itself as a table of the first, with how many there are", async () => {
  const broker = new MemoryBroker();
  const letters = lettersOf(broker);
  const display = () =>
    (letters as unknown as Record<symbol, () => Promise<Record<string, string>>>)[Symbol.for("Jupyter.display")]!();
  deepStrictEqual((await display())["text/plain"], "No dead letters of memory://in");
  await fail(broker, Array.from({ length: 60 }, (_, n) => ({ id: `r${n}`, body: { text: `<script>${n}</script>` } })));
  const { "text/html": html, "text/plain": text } = await display();
  ok(text!.startsWith("60 dead letters of memory://in, the first 50\ntime "));
  strictEqual(text!.split("\n").length, 52);
  strictEqual(html!.match(/<tr>/g)!.length, 51);
  ok(html!.includes("&lt;script&gt;0&lt;/script&gt;") && !html!.includes("<script"));
});

Deno.test("deadLetters() of a local stream makes no file by looking, and says when there is no stream", async () => {
  await using folder = await temporaryFolder();
  const before = Deno.env.get("LEVADA_STATE");
  Deno.env.set("LEVADA_STATE", folder.path);
  try {
    await rejects(deadLetters("local://typo").list(), {
      name: "StreamError",
      message: "Cannot look at dead letters of local://typo: there is no such stream",
    });
    await rejects(
      deadLetters("local://typo").replay("all"),
      /^StreamError: Cannot replay dead letters of local:\/\/typo/,
    );
    await using stream = await openStream("local://orders?partitions=2");
    deepStrictEqual(await deadLetters("local://orders?partitions=2").list(), []);
    strictEqual(await deadLetters("local://orders").replay("all"), 0);
    await rejects(deadLetters("local://orders").replay("r1"), /there is no letter r1/);
    const files = [...Deno.readDirSync(`${folder.path}/streams`)].map(({ name }) => name);
    deepStrictEqual(files.filter((name) => name.endsWith(".db")), ["orders.db"]);
    await stream.close();
  } finally {
    if (before === undefined) Deno.env.delete("LEVADA_STATE");
    else Deno.env.set("LEVADA_STATE", before);
  }
});

Deno.test("DeadLetters show, keep, mend and send what JSON has no word for as it is", async () => {
  const broker = new MemoryBroker();
  const titles = Object.keys(CROSSING);
  await fail(broker, titles.map((title) => ({ id: title, body: CROSSING[title] })));
  const letters = lettersOf(broker);
  const mended: unknown[] = [];
  for (const letter of await letters.list()) {
    deepStrictEqual(letter.body, CROSSING[letter.id], letter.id);
    ok(JSON.stringify(letter).length > 0 && letter.text.length > 0, letter.id);
  }
  const change = (body: unknown) => {
    mended.push(body);
    return body instanceof Map ? new Map([["mended", body.size]]) : body;
  };
  await letters.mend("all", change);
  deepStrictEqual(mended, titles.map((title) => CROSSING[title]));
  const sent = broker.records("memory://in").slice(titles.length);
  deepStrictEqual(
    sent.map(({ id, body }) => [id, body]),
    titles.map((id) => [id, id === "a map" ? new Map([["mended", 3]]) : CROSSING[id]]),
  );
});

Deno.test("DeadLetters.replay() does not send what a newer Levada wrote: what is not known of it would be lost", async () => {
  const broker = new MemoryBroker();
  const wire = sealDeadLetter(sealRecord({ body: 1, id: "new" }, 0), { name: "E", message: "m", step: "s" }, "g");
  const newer = { ...wire, headers: { ...wire.headers, "levada-envelope": "3" } };
  await broker.log("memory://in-dead-letters").append([newer], { by: {}, now: () => 0 });
  await rejects(lettersOf(broker).replay("all"), {
    name: "StreamError",
    message:
      /: 1 cannot be sent as they are, and stay: letter new is in an envelope of version 3, and this Levada knows versions up to 2/,
  });
  strictEqual((await lettersOf(broker).list()).length, 1);
});

Deno.test("DeadLetters.replay() sends all but what is not whole, which stays and is told; mended it goes", async () => {
  const broker = new MemoryBroker();
  const wire = sealRecord({ body: "x".repeat(10_000), id: "large", headers: { "content-type": "text/plain" } }, 0);
  const cut = [...wiresOf(wire, { name: "E", message: "m", step: "s" }, "g")].find(({ headers }) =>
    headers["levada-error-cut"] !== undefined && headers["levada-error-body-bytes"] !== undefined
  );
  await broker.log("memory://in-dead-letters").append([cut!], { by: {}, now: () => 0 });
  const letters = lettersOf(broker);
  const [letter] = await letters.list();
  ok(/^cut off +4000 of 10000 bytes of the body$/m.test(letter!.text));
  for (const id of ["before", "after"]) {
    const whole = sealDeadLetter(sealRecord({ body: 1, id }, 0), { name: "E", message: "m", step: "s" }, "g");
    await broker.log("memory://in-dead-letters").append([whole], { by: {}, now: () => 0 });
  }
  await rejects(letters.replay(["before", "large"]), {
    name: "StreamError",
    message:
      "Cannot replay dead letters of memory://in: letter large is not whole: cut off were 4000 of 10000 bytes of the body. " +
      "Mend it, or discard it. 0 were replayed before",
  });
  await rejects(letters.replay("all"), {
    name: "StreamError",
    message:
      "Cannot replay dead letters of memory://in: 1 cannot be sent as they are, and stay: letter large is not whole: cut off " +
      "were 4000 of 10000 bytes of the body. Mend it, or discard it. 2 others were replayed",
  });
  deepStrictEqual((await letters.list()).map(({ id }) => id), ["large"]);
  strictEqual(await letters.mend("all", () => "mended" as never), 1);
  deepStrictEqual(broker.records("memory://in").map(({ body, unreadable }) => [body, unreadable]), [
    [1, undefined],
    [1, undefined],
    ["mended", undefined],
  ]);
});

Deno.test("Stream.subscribe() of local:// is refused where a dead letter could never be written, since its stream's name is too long", async () => {
  await using folder = await temporaryFolder();
  const open = (name: string) => openLocal(`local://${name}`, { folder: folder.path });
  for (
    const [name, state] of [["a".repeat(108), "is longer than 120 characters"], [
      "漢".repeat(26),
      "has more than 244 bytes",
    ]]
  ) {
    await using stream = await open(name!);
    await rejects(stream.subscribe({ group: "g" }), {
      name: "StreamError",
      message: new RegExp(
        `^Cannot subscribe to local://.*: its dead letters would have no place\\. Cannot open .*-dead-letters: .* ${state}`,
      ),
    });
  }
  await using stream = await open("漢".repeat(25));
  await stream.publish([{ body: 1 }]);
  const { value } = await (await stream.subscribe({ group: "g" })).next();
  await value!.bury(new Error("it fits"));
  strictEqual(await stream.lag("g"), 0);
});
