import { deepStrictEqual, throws } from "node:assert/strict";
import { environmentName, readKafkaPath } from "../../../../../lib/streams/kafka/kafka_path.ts";

Deno.test("readKafkaPath() takes brokers, topic and options apart", () => {
  deepStrictEqual(
    readKafkaPath(
      "kafka://one:9093,two/orders.v1?group=g&partitions=8&retention=7d&replication=3&create=false&tls=true&sasl=PLAIN&user=ann",
    ),
    {
      name: "kafka://one:9093,two/orders.v1",
      brokers: ["one:9093", "two:9092"],
      topic: "orders.v1",
      options: { partitions: 8, retention: 604_800_000, create: false },
      group: "g",
      replication: 3,
      tls: true,
      sasl: "plain",
      user: "ann",
      password: undefined,
    },
  );
});

Deno.test("readKafkaPath() takes a login before the hosts, and names it nowhere", () => {
  const { name, user, password, brokers } = readKafkaPath("kafka://an%40n:pa:ss%2F@[::1]:9093/t");
  deepStrictEqual([name, user, password, brokers], ["kafka://[::1]:9093/t", "an@n", "pa:ss/", ["[::1]:9093"]]);
});

Deno.test("environmentName() names dead letters as the topic that they are of", () => {
  deepStrictEqual([environmentName("orders.v1-dead-letters"), environmentName("a-b")], ["ORDERS_V1", "A_B"]);
});

Deno.test("readKafkaPath() refuses what there is not, without the password", () => {
  const wrong: [string, RegExp][] = [
    ["kafka:///t", /"" are no hosts/],
    ["kafka://host:99999/t", /"host:99999" are no hosts/],
    ["kafka://host/", /"" is no topic/],
    ["kafka://host/a/b", /"a\/b" is no topic/],
    ["kafka://host/..", /is no topic/],
    [`kafka://host/${"x".repeat(250)}`, /at most 249/],
    ["kafka://ann:hidden@host/t?sasl=gssapi", /^StreamError: Cannot open kafka:\/\/host\/t: sasl is "gssapi"/],
    [
      "kafka://ann:hidden@host/t?passwort=hidden",
      /^StreamError: Cannot open kafka:\/\/host\/t: there is no "passwort", only partitions, .*, password$/,
    ],
    ["kafka://host/t?tls=yes", /tls is "yes"/],
    ["kafka://host/t?replication=0", /replication is "0"/],
    ["kafka://host/t?group=", /group has no name/],
  ];
  for (const [path, message] of wrong) throws(() => readKafkaPath(path), message);
});
