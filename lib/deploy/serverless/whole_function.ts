import { MANAGED_LABEL } from "../objects/managed_label.ts";
import { faultsOfImage } from "../objects/image_faults.ts";
import { faultsOfObjectName } from "../objects/object_name.ts";
import { faultsOfHeldNames, podEnvironment } from "../objects/pod_environment.ts";
import { podResources, SECRETS_FOLDER } from "../objects/pod_parts.ts";
import { faultsOfResources } from "../objects/resource_faults.ts";
import { type Bundle, digestOf, manifestOf } from "../../bundle/bundle.ts";
import { isSchedule } from "../../triggers/trigger.ts";
import { DeployError } from "../deploy_error.ts";
import { documentOf, functionsOfBundle } from "../settings/deployed_functions.ts";
import { faultsOfCluster } from "../settings/cluster_faults.ts";
import type { ClusterSettings } from "../settings/cluster_settings.ts";
import { type Answers, answersTo, type FunctionPlace } from "../settings/function_fields.ts";
import { notesOfChild } from "./child_notes.ts";
import { faultsOfChild, joinedPlaces, oneEnvironment } from "./one_place.ts";
import { faultsOfStreams } from "../settings/stream_faults.ts";
import { faultsOfSettings, flagsOf, type ProcessSettings } from "../settings/process_settings.ts";

/** How a bundle is to run as one service, beside what stands in it. */
export interface ServerlessWish {
  /** An image with the bundle in it that serves it, as `levada image` makes. */
  readonly image: string;
  /** Default: where who applies it is. */
  readonly namespace?: string;
  /** Names of Secrets with which the image is pulled. Default: none. */
  readonly imagePullSecrets?: readonly string[];
}

/** An object of a cluster, and what to know of it. */
export interface ServerlessManifest {
  readonly object: Readonly<Record<string, unknown>>;
  /** What it does not get, and what else to know: a line each. */
  readonly notes: readonly string[];
}

/** A whole graph as one process has it. */
export interface WholeFunction {
  readonly name: string;
  readonly metadata: Fields;
  readonly labels: Readonly<Record<string, string>>;
  /** Its one container, without a name. */
  readonly container: Fields;
  /** What of its pods is no container. */
  readonly pod: Fields;
  /** Between how many pods it has; undefined where nobody says. */
  readonly scale: { readonly min: number; readonly max: number; readonly cpu?: number } | undefined;
  /** Whether it reads streams or goes by schedules: then it must not be ended when nobody asks it. */
  readonly isFed: boolean;
  /** Whether it goes by schedules: then each pod would. */
  readonly isScheduled: boolean;
  /** How long what has been accepted may take when it ends. */
  readonly graceSeconds: number;
  /** How long a request may take, and whether the function says so. */
  readonly request: { readonly seconds: number; readonly isSaid: boolean };
  readonly notes: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const PORT = 8080;
const USER = 65_532; // the customary "nonroot"
const GRACE_MS = 30_000;
const REQUEST_MS = 120_000;
const STARTUP_SECONDS = 600; // a model of gigabytes is fetched and warmed up

/**
 * A graph with all its functions as one container: who is asked by HTTP alone has one port, and no streams between pods.
 *
 * @param wish With `answers`, what the target makes of each field; with `lingerSeconds`, so long it still answers when it is to end: for
 * platforms that give pods no `preStop`.
 * @throws {DeployError} With everything of it that cannot run so.
 */
export function wholeFunction(
  act: string,
  bundle: Bundle,
  { lingerSeconds, answers, ...wish }: ServerlessWish & { readonly answers: Answers; readonly lingerSeconds?: number },
): WholeFunction {
  const { name, triggers = {}, ...document } = documentOf(bundle);
  const own: FunctionPlace = document.options ?? {};
  const { serve = {}, cluster = {}, resources = {} } = own;
  const children = functionsOfBundle(bundle).filter((fn) => fn.name !== name);
  const places = Object.entries(document.children ?? {}) as [string, FunctionPlace][];
  const { replicas } = cluster;
  const scale = typeof replicas === "number" ? { min: replicas, max: replicas } : replicas;
  const isScheduled = Object.values(triggers).some(isSchedule);
  const isFed = isScheduled || (manifestOf(bundle).feeds ?? []).length > 0;
  const { env, faults: clashes } = oneEnvironment([[name, own], ...places]);
  const joined = { ...cluster, ...joinedPlaces([cluster, ...places.map(([, place]) => place.cluster ?? {})]) };
  const answered = answersTo(own, answers);
  const requestMs = document.graph?.limits?.timeoutMs ?? serve.limits?.requestTimeoutMs;
  const faults = [
    ...faultsOfObjectName(name),
    ...clashes,
    ...faultsOfHeldNames(env),
    ...places.flatMap(([child, place]) => faultsOfChild(child, place.cluster ?? {}, { cluster, isFed })),
    ...wish.image === ""
      ? ["it needs an image that has the bundle in it: `levada image` makes one"]
      : faultsOfImage(wish.image),
    ...faultsOfSettings(serve),
    ...faultsOfResources(resources),
    ...answered.faults,
    ...faultsOfCluster(
      {
        ...cluster,
        ...typeof replicas === "object" && replicas.min === 0 ? { replicas: { ...replicas, min: 1 } } : {},
      }, // none is a matter of course here
      { isFed },
    ),
    ...scale === undefined || isWhole(scale.min, 0) && isWhole(scale.max, 1) && scale.min <= scale.max
      ? []
      : [`replicas are ${JSON.stringify(scale)}, and must be whole numbers, min from 0 to max`],
    ...isScheduled && (scale?.max ?? 1) > 1
      ? [`each of its pods would go by its schedules, and it has up to ${scale!.max}: give it one`]
      : [],
    ...faultsOfStreams(bundle, { isOneProcess: true }),
  ];
  if (faults.length > 0) throw new DeployError(act, faults.join("; "));
  const labels = labelsOf(name);
  return {
    name,
    labels: { ...labels, "levada.dev/revision": bundle.revision },
    metadata: { name, ...wish.namespace === undefined ? {} : { namespace: wish.namespace }, labels },
    container: container(wish.image, {
      sha256: digestOf(bundle.files),
      env,
      serve,
      own,
      cluster: joined,
      lingerSeconds,
    }),
    pod: podOf(joined, wish.imagePullSecrets ?? []),
    scale,
    isFed,
    isScheduled,
    graceSeconds: Math.ceil((serve.graceMs ?? GRACE_MS) / 1_000),
    request: { seconds: Math.ceil((requestMs ?? REQUEST_MS) / 1_000), isSaid: requestMs !== undefined },
    notes: [
      ...children.length === 0 ? [] : [
        `${
          children.map((child) => child.name).join(", ")
        } and ${name} run in one process: queues between them hold what the pod holds, and ` +
        "are lost with it unless they have a path at a broker",
      ],
      ...places.flatMap(([child, place]) => notesOfChild(child, place)),
      ...answered.notes,
    ],
  };
}

function container(
  image: string,
  { sha256, env, serve, own, cluster, lingerSeconds }: {
    readonly sha256: string;
    readonly env: Readonly<Record<string, string>>;
    readonly serve: ProcessSettings;
    readonly own: FunctionPlace;
    readonly cluster: ClusterSettings;
    readonly lingerSeconds: number | undefined;
  },
): Fields {
  const { host: _host, tls: _tls, grpcPort: _grpc, workers: _workers, ...settings } = serve; // as ONE_PROCESS says
  const { envFrom = [], secretNames = [], user = USER } = cluster;
  const linger = lingerSeconds === undefined ? [] : ["--linger", String(lingerSeconds)];
  const words = ["--revision", sha256, "--host", "0.0.0.0", "--port", String(PORT)]; // a tag may have been pushed again
  const probe = (path: string, seconds: Fields) => ({ httpGet: { path, port: PORT }, timeoutSeconds: 5, ...seconds });
  return {
    image,
    ports: [{ containerPort: PORT, protocol: "TCP" }],
    env: podEnvironment([
      {
        name: "LEVADA_SERVE",
        value: JSON.stringify([...words, ...linger, ...flagsOf(settings)]),
      },
      { name: "LEVADA_LOG_FORMAT", value: "json" },
      { name: "LEVADA_STATE", value: "/tmp/levada" },
      { name: "LEVADA_CACHE", value: "/tmp/levada/cache" },
    ], { env, memory: own.resources?.memory }),
    ...envFrom.length > 0 && {
      envFrom: envFrom.map((one) =>
        "secretName" in one ? { secretRef: { name: one.secretName } } : { configMapRef: { name: one.configMapName } }
      ),
    },
    startupProbe: probe("/v2/health/ready", { periodSeconds: 1, failureThreshold: STARTUP_SECONDS }),
    readinessProbe: probe("/v2/health/ready", { periodSeconds: 5, failureThreshold: 3 }),
    livenessProbe: probe("/v2/health/live", { periodSeconds: 10, failureThreshold: 6 }),
    resources: podResources(own.resources ?? {}),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      ...user === "assigned" ? {} : { runAsUser: user },
      seccompProfile: { type: "RuntimeDefault" },
    },
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      ...secretNames.length === 0 ? [] : [{ name: "secrets", mountPath: SECRETS_FOLDER, readOnly: true }],
    ],
  };
}

function podOf(
  { secretNames = [], serviceAccount, nodeSelector, tolerations }: ClusterSettings,
  imagePullSecrets: readonly string[],
): Fields {
  return {
    ...serviceAccount !== undefined && { serviceAccountName: serviceAccount },
    ...nodeSelector !== undefined && { nodeSelector },
    ...tolerations !== undefined && { tolerations },
    ...imagePullSecrets.length > 0 && { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) },
    volumes: [
      { name: "tmp", emptyDir: {} },
      ...secretNames.length === 0
        ? []
        : [{ name: "secrets", projected: { sources: secretNames.map((name) => ({ secret: { name } })) } }],
    ],
  };
}

function isWhole(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}

/** What every object says of whose it is. */
export function labelsOf(name: string): Readonly<Record<string, string>> {
  return {
    [MANAGED_LABEL]: "levada",
    "app.kubernetes.io/part-of": name,
    "app.kubernetes.io/name": name,
  };
}
