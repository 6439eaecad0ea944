import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { testClock } from "levada/testing";
import { Intake } from "../../../../../lib/serve/limits/intake.ts";
import { allLimits } from "../../../../../lib/serve/limits/server_limits.ts";

function intake(): Intake {
  return new Intake(allLimits({ bodyLimitBytes: 10_000, bodiesLimitBytes: 25_000 }), testClock());
}

Deno.test("TakenBody.unpack() counts what a packed body may become, until it is closed", () => {
  const all = intake();
  const bodies = [all.open(), all.open()];
  for (const body of bodies) body.unpack(100); // up to 10,000 each
  throws(() => all.open().unpack(100), { status: 503, message: /bodies of 20000 bytes are being worked on/ });
  all.open().unpack(4); // 4,128
  throws(() => all.open().unpack(2), { status: 503 });
  bodies[0]!.close();
  all.open().unpack(100);
});

Deno.test("TakenBody.unpack() counts the pieces of one body together, and no more than its limit", () => {
  const all = intake();
  const body = all.open();
  for (let n = 0; n < 100; n++) body.unpack(1_000);
  all.open().hold(10_000);
  throws(() => all.open().hold(5_001), { status: 503, message: /bodies of 20000 bytes/ });
});

Deno.test("TakenBody.hold() refuses what is larger than its own limit, or than all bodies may be", () => {
  throws(() => intake().open(100).hold(101), { status: 413, message: /more than 100 bytes/ });
  throws(() => intake().open().hold(10_001), { status: 413, message: /more than 10000 bytes/ });
});

Deno.test("TakenBody.readJson() counts JSON from 64 KiB on 16-fold, and reads long JSON one after another", async () => {
  const all = new Intake(allLimits({ bodiesLimitBytes: 40_000_000, jsonLimitBytes: 2_000_000 }), {
    now: () => 0,
    schedule: (_afterMs, run) => (queueMicrotask(run), () => {}),
  });
  const body = all.open();
  strictEqual(body.readJson(65_535, () => "short"), "short");
  throws(() => body.readJson(2_000_001, () => "long"), { status: 413, message: /as JSON it has more than 2000000/ });
  const read: number[] = [];
  const first = body.readJson(1_100_000, () => read.push(1));
  const second = all.open().readJson(1_100_000, () => read.push(2));
  deepStrictEqual(read, []);
  throws(() => all.open().readJson(1_100_000, () => "more"), { status: 503, message: /bodies of 35200000 bytes/ });
  await Promise.all([first, second]);
  deepStrictEqual(read, [1, 2]);
  body.close();
  strictEqual(await all.open().readJson(1_100_000, () => "third"), "third");
});

Deno.test("TakenBody.read() gives a body the time that it has, and a twentieth more at most, by length and in chunks", async () => {
  const clock = testClock();
  const all = new Intake(allLimits({ bodyTimeoutMs: 1_000 }), clock);
  const ended: string[] = [];
  const read = (name: string, headers: HeadersInit) => {
    const request = new Request("http://x/", { method: "POST", headers, body: new ReadableStream() });
    return all.open().read(request, (error) => {
      throw error;
    }).catch((error) => ended.push(`${name}: ${error.status} ${error.message}`));
  };
  const first = read("length", { "content-length": "4" });
  const second = read("chunks", {});
  await clock.advance(999);
  deepStrictEqual(ended, []);
  await clock.advance(51);
  await Promise.all([first, second]);
  const told = "408 Cannot read the request's body: it has not come after 1000 ms";
  deepStrictEqual(ended.sort(), [`chunks: ${told}`, `length: ${told}`]);
});

Deno.test("TakenBody.readJson() reads long JSON by slices, one in a turn, and the next body behind it", async () => {
  const clock = testClock();
  const all = new Intake(allLimits({ bodiesLimitBytes: 80_000_000 }), clock);
  const read: string[] = [];
  function* slices(name: string): Generator<void, unknown> {
    for (let n = 0; n < 3; n++) {
      read.push(name + n + clock.timers);
      yield;
    }
    return name;
  }
  strictEqual(all.open().readJson(1_000_000, () => "short", () => slices("s")), "short");
  const bodies = ["a", "b"].map((name) => all.open().readJson(1_100_000, () => "at once", () => slices(name)));
  await clock.advance(0);
  deepStrictEqual([read, await Promise.all(bodies)], [["a00", "a10", "a20", "b00", "b10", "b20"], ["a", "b"]]);
});

Deno.test("Intake.close() ends long JSON before its next slice, and what waits behind it, and what comes later", async () => {
  const clock = testClock();
  const all = new Intake(allLimits({ bodiesLimitBytes: 80_000_000 }), clock);
  let read = 0;
  function* slices(): Generator<void, void> {
    for (; read < 20; read++) yield;
  }
  const read3 = ["under way", "behind", "later"].map((name) => {
    if (name === "later") all.close(new Error("closed"));
    return rejects(
      all.open().readJson(1_100_000, () => name, slices) as Promise<unknown>,
      { message: "closed" },
      name,
    );
  });
  for (let turns = 0; turns < 4; turns++) await clock.advance(1);
  await Promise.all(read3);
  strictEqual(read, 0);
});
