import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { isOpenKafka, lagScaler } from "../../../../../../lib/deploy/kubernetes/objects/lag_scaler.ts";
import type { Release, ReleasedFunction } from "../../../../../../lib/deploy/kubernetes/release.ts";

function scalerOf(streams: ReleasedFunction["streams"], settings: ReleasedFunction["settings"] = {}) {
  const fn: ReleasedFunction = {
    name: "bill",
    objectName: "line-bill",
    env: {},
    settings,
    resources: {},
    cluster: { replicas: { min: 1, max: 9, lag: 40 } },
    streams,
  };
  const release: Release = {
    name: "line",
    namespace: "shop",
    revision: "0123456789ab",
    image: "levada/runtime:1",
    imagePullSecrets: [],
    code: { kind: "image", folder: "/bundle" },
    functions: [fn],
  };
  return lagScaler(release, fn).spec;
}

Deno.test("lagScaler() has KEDA ask a Kafka that wants no login, at all its brokers", () => {
  const { triggers, minReplicaCount, maxReplicaCount } = scalerOf([
    { path: "kafka://a.test:9092,b.test:9093/totals?partitions=4", group: "line-bill" },
  ]);
  deepStrictEqual([minReplicaCount, maxReplicaCount], [1, 9]);
  deepStrictEqual(triggers, [{
    type: "kafka",
    metadata: {
      bootstrapServers: "a.test:9092,b.test:9093",
      topic: "totals",
      consumerGroup: "line-bill",
      lagThreshold: "40",
      offsetResetPolicy: "earliest",
    },
  }]);
});

Deno.test("lagScaler() has KEDA ask the function for each other stream, by what its /metrics call it", () => {
  const { triggers } = scalerOf([
    { path: "redis://ann@c.test:6379/totals?partitions=4", group: 'a "group"' },
    { path: "kafka://a.test:9092/rises?tls=true", group: "g" },
  ]);
  deepStrictEqual(
    triggers.map(({ type, metadata }: { type: string; metadata: object }) => ({ type, ...metadata })),
    [
      ['{stream="redis://c.test:6379/totals",group="a \\"group\\""}'],
      ['{stream="kafka://a.test:9092/rises",group="g"}'],
    ].map(([labels]) => ({
      type: "metrics-api",
      url: "http://line-bill.shop.svc/metrics",
      format: "prometheus",
      valueLocation: `levada_stream_lag_records${labels}`,
      targetValue: "40",
    })),
  );
  const tls = { cert: "/c", key: "/k" };
  const { triggers: [asked] } = scalerOf([{ path: "nats://d.test/totals", group: "g" }], { tls });
  deepStrictEqual([asked.metadata.url, asked.metadata.unsafeSsl], ["https://line-bill.shop.svc/metrics", "true"]);
});

Deno.test("isOpenKafka() is true of a Kafka alone that asks for nothing", () => {
  const is = (path: string) => isOpenKafka({ path, group: "g" });
  strictEqual(is("kafka://a.test:9092/t"), true);
  for (const path of ["kafka://ann@a.test:9092/t?sasl=plain", "kafka://a.test:9092/t?tls=true", "nats://a.test/t"]) {
    strictEqual(is(path), false, path);
  }
});
