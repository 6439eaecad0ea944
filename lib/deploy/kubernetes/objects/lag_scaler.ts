import { readKafkaPath } from "../../../streams/kafka/kafka_path.ts";
import { plainPath } from "../../../streams/plain_path.ts";
import type { ClusterObject, ObjectKind } from "../../cluster/cluster_object.ts";
import type { FeedingStream, Release, ReleasedFunction } from "../release.ts";
import { metadataOf, scaleOf } from "./workload_objects.ts";

/** What KEDA makes an autoscaler of. */
export const SCALED_OBJECT: ObjectKind = { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject" };
const POLLING_SECONDS = 10;

/** What gives a function more pods where more records wait for each. */
export function lagScaler(release: Release, fn: ReleasedFunction): ClusterObject {
  const { min, max, lag } = scaleOf(fn)!;
  return {
    ...SCALED_OBJECT,
    metadata: metadataOf(release, fn),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: fn.objectName },
      pollingInterval: POLLING_SECONDS,
      minReplicaCount: min,
      maxReplicaCount: max,
      triggers: fn.streams.map((stream) =>
        isOpenKafka(stream) ? byBroker(stream, lag!) : byFunction(release, fn, { stream, lag: lag! })
      ),
    },
  };
}

/** Whether KEDA's own scaler can ask the broker what waits, also while there is no pod: it would need a login of its own. */
export function isOpenKafka({ path }: FeedingStream): boolean {
  if (!/^kafka:/i.test(path)) return false;
  const { tls, sasl, user } = readKafkaPath(path);
  return !tls && sasl === undefined && user === undefined;
}

function byBroker({ path, group }: FeedingStream, lag: number): Trigger {
  const { brokers, topic } = readKafkaPath(path);
  return {
    type: "kafka",
    metadata: {
      bootstrapServers: brokers.join(","),
      topic,
      consumerGroup: group,
      lagThreshold: String(lag),
      offsetResetPolicy: "earliest", // as Levada begins
    },
  };
}

/** Its pods know what waits for all of them. */
function byFunction(
  { namespace }: Release,
  { objectName, settings }: ReleasedFunction,
  { stream: { path, group }, lag }: { readonly stream: FeedingStream; readonly lag: number },
): Trigger {
  const scheme = settings.tls === undefined ? "http" : "https";
  return {
    type: "metrics-api",
    metadata: {
      url: `${scheme}://${objectName}.${namespace}.svc/metrics`,
      format: "prometheus",
      valueLocation: `levada_stream_lag_records{stream=${JSON.stringify(plainPath(path))},group=${
        JSON.stringify(group)
      }}`,
      targetValue: String(lag),
      ...settings.tls === undefined ? {} : { unsafeSsl: "true" }, // its certificate is for those who ask it from outside
    },
  };
}

interface Trigger {
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
}
