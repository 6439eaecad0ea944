import { type EnvVariable, podEnvironment } from "../../objects/pod_environment.ts";
import { podResources, SECRETS_FOLDER } from "../../objects/pod_parts.ts";
import { flagsOf, type ProcessSettings } from "../../settings/process_settings.ts";
import { type Release, type ReleasedFunction, START_SECONDS } from "../release.ts";
import { codeMounts, codePath, codeVolumes, fetchers, imageOf } from "./code_parts.ts";
import { functionLabels, REVISION_LABEL } from "./labels.ts";

/** Where a function answers within its pod. */
export const PORT = 8080;

const LEAVE_SECONDS = 5; // so long a pod that is to end still answers: until then all have heard that it is none to ask
const GRACE_MS = 30_000;
/** The one container of a pod. */
export const CONTAINER = "function";

const USER = 65_532; // the customary "nonroot"

type Fields = Readonly<Record<string, unknown>>;

/** What the pods of a function are: one container that may as little as it can do with. */
export function podTemplate(release: Release, fn: ReleasedFunction): Fields {
  const { settings: { graceMs = GRACE_MS }, cluster } = fn;
  const { nodeSelector, tolerations, serviceAccount = release.name, user = USER } = cluster;
  const labels = functionLabels(release, fn);
  const own = container(release, fn);
  return {
    metadata: { labels: { ...labels, [REVISION_LABEL]: release.revision } },
    spec: {
      serviceAccountName: serviceAccount,
      automountServiceAccountToken: cluster.serviceAccount !== undefined,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: LEAVE_SECONDS + Math.ceil(graceMs / 1_000) + LEAVE_SECONDS,
      securityContext: {
        runAsNonRoot: true,
        ...user !== "assigned" && { runAsUser: user, runAsGroup: user, fsGroup: user },
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...release.imagePullSecrets.length > 0 && {
        imagePullSecrets: release.imagePullSecrets.map((name) => ({ name })),
      },
      ...nodeSelector !== undefined && { nodeSelector },
      ...tolerations !== undefined && { tolerations },
      topologySpreadConstraints: [{
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: labels },
      }],
      ...fetchers(release, fn, own),
      containers: [own],
      volumes: volumes(release, fn),
    },
  };
}

function container(release: Release, fn: ReleasedFunction): Fields {
  const { settings, cluster: { envFrom = [], secretNames = [] } } = fn;
  return {
    name: CONTAINER,
    ...imageOf(release),
    args: [
      "serve",
      codePath(release),
      `--function=${fn.name}`,
      ...flagsOf({ ...settings, host: "0.0.0.0" }),
      `--port=${PORT}`,
      ...settings.workers === undefined ? [] : [`--workers=${settings.workers}`],
      ...(settings.workerFlags ?? []).map((flag) => `--worker-flag=${flag}`),
      ...release.code.kind === "image" ? [`--revision=${release.code.sha256 ?? release.revision}`] : [],
    ],
    env: environment(fn),
    ...envFrom.length > 0 && {
      envFrom: envFrom.map((one) =>
        "secretName" in one ? { secretRef: { name: one.secretName } } : { configMapRef: { name: one.configMapName } }
      ),
    },
    ports: portsOf(settings),
    ...probes(settings, release),
    resources: podResources(fn.resources),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    lifecycle: { preStop: { sleep: { seconds: LEAVE_SECONDS } } },
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      ...codeMounts(release),
      ...secretNames.length === 0 ? [] : [{ name: "secrets", mountPath: SECRETS_FOLDER, readOnly: true }],
    ],
  };
}

function environment({ env, settings: { workers }, resources: { memory } }: ReleasedFunction): EnvVariable[] {
  const own: EnvVariable[] = [
    { name: "LEVADA_LOG_FORMAT", value: "json" },
    { name: "LEVADA_STATE", value: "/tmp/levada" },
    { name: "LEVADA_CACHE", value: "/tmp/levada/cache" },
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
  ];
  return podEnvironment(own, { env, workers, memory });
}

function volumes(release: Release, { cluster: { secretNames = [] } }: ReleasedFunction): Fields[] {
  return [
    { name: "tmp", emptyDir: {} },
    ...codeVolumes(release),
    ...secretNames.length === 0
      ? []
      : [{ name: "secrets", projected: { sources: secretNames.map((name) => ({ secret: { name } })) } }],
  ];
}

/** The ports of a container, by their names. */
function portsOf({ grpcPort }: ProcessSettings): Fields[] {
  return [
    { name: "http", containerPort: PORT, protocol: "TCP" },
    ...grpcPort === undefined ? [] : [{ name: "grpc", containerPort: grpcPort, protocol: "TCP" }],
  ];
}

/** Whether a pod has started, lives, and may be asked. Who asks for certificates is knocked at: a kubelet has none to show. */
function probes({ tls }: ProcessSettings, { startSeconds = START_SECONDS }: Pick<Release, "startSeconds">): Fields {
  const scheme = tls === undefined ? "HTTP" : "HTTPS";
  const ask = (path: string) =>
    tls?.clientCa === undefined ? { httpGet: { path, port: "http", scheme } } : { tcpSocket: { port: "http" } };
  return {
    startupProbe: {
      ...ask("/v2/health/ready"),
      periodSeconds: 1,
      failureThreshold: startSeconds,
      timeoutSeconds: 5,
    },
    readinessProbe: { ...ask("/v2/health/ready"), periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 5 },
    livenessProbe: { ...ask("/v2/health/live"), periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 },
  };
}
