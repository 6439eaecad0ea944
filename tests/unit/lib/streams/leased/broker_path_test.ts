import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import process from "node:process";
import { readBrokerPath } from "../../../../../lib/streams/leased/broker_path.ts";

Deno.test("readBrokerPath() takes a path apart; user and password stand in it, or in the environment", () => {
  const path = "redis://ann:p%40ss%2F1@[::1]:7000/shop:orders?partitions=8&retention=2h&create=false&tls=true&group=g";
  deepStrictEqual(readBrokerPath(path, 6379), {
    name: "redis://[::1]:7000/shop:orders",
    host: "::1",
    port: 7000,
    stream: "shop:orders",
    user: "ann",
    password: "p@ss/1",
    isTls: true,
    group: "g",
    options: { partitions: 8, retention: 7_200_000, create: false },
  });
  process.env.LEVADA_STREAM_SHOP_ORDERS_PASSWORD = "s3cret";
  try {
    for (const stream of ["shop.orders", "shop.orders-dead-letters"]) {
      const { name, port, user, password } = readBrokerPath(`nats://host/${stream}?user=b@ob`, 4222);
      deepStrictEqual([name, port, user, password], [`nats://host/${stream}`, 4222, "b@ob", "s3cret"]);
    }
  } finally {
    delete process.env.LEVADA_STREAM_SHOP_ORDERS_PASSWORD;
  }
});

Deno.test("readBrokerPath() says what is wrong, and never shows the password", () => {
  const wrong: [string, string][] = [
    ["redis://ann:s3cret@/orders", "redis:///orders: it names no host. Say redis://host:6379/stream"],
    ["redis://ann:s3/cret@host/orders", "redis://host/orders: it names no host. Say redis://host:6379/stream"],
    ["redis://ann:s3?cret@host", "redis://host: it names no host. Say redis://host:6379/stream"],
    ["redis://ann:s3cret@host", "redis://host: it names no stream. Say redis://host:6379/stream"],
    ["redis://ann:s3cret@host/", "redis://host/: it names no stream. Say redis://host:6379/stream"],
    [
      "redis://ann:s3cret@host/a b",
      "redis://host/a b: a stream's name has letters, digits and _ . : / - of ASCII, 200 at most. Say redis://host:6379/stream",
    ],
    [
      "redis://ann:s3cret@host/o?passwort=s3cret",
      'redis://host/o: there is no "passwort", only partitions, retention, create, tls, user, password, group',
    ],
    ["redis://ann:s3cret@host/o?tls=yes", 'redis://host/o: tls is "yes"; give true or false'],
    [
      "redis://ann:s3cret@host/o?partitions=0&password=s3cret",
      "redis://host/o?partitions=0: partitions is 0; give a whole number, 1 to 1024",
    ],
  ];
  for (const [path, message] of wrong) {
    throws(() => readBrokerPath(path, 6379), (error: Error) => {
      strictEqual(error.message, `Cannot open ${message}`);
      return error.name === "StreamError";
    });
  }
});
