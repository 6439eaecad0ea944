import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { MissingStreamError } from "../../../../../lib/errors.ts";
import { openV3io } from "../../../../../lib/streams/v3io/open_v3io.ts";
import { FakeV3io } from "../../../../support/fake_v3io.ts";

const PATIENCE = { connectMs: 500, answerMs: 500 };

function reading(variables: Readonly<Record<string, string>>) {
  return { environment: (name: string) => variables[name], patience: PATIENCE };
}

Deno.test("openV3io() makes a stream on first use, unless create=false, and refuses one that is otherwise", async () => {
  const fake = new FakeV3io();
  await using server = fake.serve();
  const options = reading({ V3IO_API: server.url, V3IO_ACCESS_KEY: "access" });
  const path = "v3io:///projects/orders";
  await rejects(
    openV3io(`${path}?create=false`, options),
    (error: Error) =>
      error instanceof MissingStreamError &&
      error.message === "Cannot open v3io:///projects/orders: there is no such stream, and create=false",
  );
  await (await openV3io(`${path}?partitions=2&retention=48h`, options)).close();
  const { hours, shards } = fake.streams.get("/projects/orders")!;
  deepStrictEqual([hours, shards.length], [48, 2]);
  await (await openV3io(`${path}?create=false`, options)).close();
  await rejects(openV3io(`${path}?partitions=3`, options), /the stream has 2 partitions already, and keys would move/);
  await rejects(
    openV3io(`${path}?retention=24h`, options),
    /keeps records for 48 hours, and v3io does not change that/,
  );
  await rejects(openV3io(`${path}?retention=90m`, options), /keeps records for whole hours/);
  fake.hinder = (call) => call === "CreateStream" ? new Response(null, { status: 403 }) : undefined;
  await rejects(openV3io("v3io:///projects/none", options), {
    name: "StreamError",
    message: "Cannot open v3io:///projects/none: V3IO does not let us (403). V3IO_ACCESS_KEY may not do this",
  });
});

Deno.test("openV3io() takes a stream that another has made at the same moment", async () => {
  const fake = new FakeV3io();
  await using server = fake.serve();
  fake.hinder = (call) => {
    if (call === "CreateStream") {
      fake.hinder = undefined;
      fake.streams.set("/projects/orders", { hours: 24, shards: [[], []], ends: [0, 0] });
    }
    return undefined;
  };
  await using stream = await openV3io(
    "v3io:///projects/orders",
    reading({ V3IO_API: server.url, V3IO_ACCESS_KEY: "access" }),
  );
  strictEqual(await stream.lag("g"), 0);
});

Deno.test("openV3io() tells of wrong keys, no key and servers that are down or silent, in a bounded time, no key shown", async () => {
  const fake = new FakeV3io();
  await using server = fake.serve();
  const { host } = new URL(server.url);
  const path = `v3io://${host}/projects/orders`;
  await rejects(openV3io(path, reading({ V3IO_ACCESS_KEY: "wr0ng" })), (error: Error) => {
    strictEqual(error.message, `Cannot open ${path}: V3IO does not let us (401). V3IO_ACCESS_KEY may not do this`);
    return !`${error.stack}`.includes("wr0ng");
  });
  await rejects(openV3io(path, reading({})), /There is no key: set V3IO_ACCESS_KEY$/);
  const startedAt = performance.now();
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  gone.close();
  const away = `v3io://127.0.0.1:${gone.addr.port}/projects/orders`;
  await rejects(openV3io(away, reading({})), { message: `Cannot open ${away}: no server listens there` });
  fake.hinder = () => new Response(null, { status: 503 });
  await rejects(openV3io(path, reading({})), /V3IO cannot be reached: It answers 503$/);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const silent = `v3io://127.0.0.1:${listener.addr.port}/projects/orders`;
  await rejects(openV3io(silent, reading({})), /V3IO cannot be reached: it has not answered for 0\.5 s$/);
  ok(performance.now() - startedAt < 5_000);
});

Deno.test("Stream.publish() at v3io goes on when the server is back, and is told in a bounded time when it is not", async () => {
  const fake = new FakeV3io();
  await using server = fake.serve();
  const options = reading({ V3IO_API: server.url, V3IO_ACCESS_KEY: "access" });
  await using stream = await openV3io<number>("v3io:///projects/orders", options);
  let tries = 0;
  fake.hinder = () => tries++ < 2 ? new Response(null, { status: 503 }) : undefined;
  await stream.publish([{ body: 1 }]);
  strictEqual(await stream.lag("g"), 1);
  fake.hinder = () => new Response(null, { status: 503 });
  await rejects(stream.publish([{ body: 2 }]), {
    name: "StreamError",
    message:
      "Cannot publish to v3io:///projects/orders: V3IO has not answered for 0.5 s. It answers 503; 0 of 1 records are known to be kept",
  });
  fake.hinder = undefined;
});

Deno.test("Stream.close() at v3io ends what waits for an answer", async () => {
  const fake = new FakeV3io();
  await using server = fake.serve();
  const options = { ...reading({ V3IO_API: server.url, V3IO_ACCESS_KEY: "access" }), patience: undefined };
  const stream = await openV3io<number>("v3io:///projects/orders", options);
  fake.hinder = () => new Response(null, { status: 503 });
  const asked = rejects(
    stream.lag("g"),
    /Cannot ask for the lag of .*: the stream was closed meanwhile|read the groups/,
  );
  await stream.close();
  await asked;
});
