import { MANAGED_LABEL } from "../objects/managed_label.ts";
import { faultsOfImage } from "../objects/image_faults.ts";
import { faultsOfHeldNames, podEnvironment } from "../objects/pod_environment.ts";
import { podResources, SECRETS_FOLDER } from "../objects/pod_parts.ts";
import { faultsOfResources } from "../objects/resource_faults.ts";
import { type Bundle, digestOf, manifestOf } from "../../bundle/bundle.ts";
import { DeployError } from "../deploy_error.ts";
import { type FunctionOfBundle, functionsOfBundle } from "../settings/deployed_functions.ts";
import { faultsOfObjectName } from "../objects/object_name.ts";
import { faultsOfCluster } from "../settings/cluster_faults.ts";
import { faultsOfSettings, flagsOf, type ProcessSettings } from "../settings/process_settings.ts";
import { answersTo } from "../settings/function_fields.ts";
import { NUCLIO } from "./nuclio_fields.ts";
import { calledOf, FUNCTION_LABEL, GRAPH_LABEL, PROJECT_LABEL, REVISION_LABEL } from "./labels.ts";
import { mirroredTriggers, schedulesOf } from "./mirrored_triggers.ts";
import type { NuclioConfig, NuclioResources, NuclioSpec, NuclioTrigger } from "./nuclio_function.ts";
import { faultsOfStreams } from "../settings/stream_faults.ts";

/** What of a function's specification does not stand in its bundle. */
export interface SpecWish {
  readonly image: string | undefined;
  readonly project: string;
  readonly namespace: string | undefined;
  readonly imagePullSecrets?: readonly string[] | undefined;
  readonly replicas?: number | undefined;
  readonly nodePort?: boolean | undefined;
  readonly mirrorSchedules?: boolean | undefined;
  readonly deadlineMs: number;
}

/** The functions of a bundle as Nuclio is told of them. */
export interface FunctionSpecs {
  /** In the order in which they are made: who reads before who publishes; the last answers callers. */
  readonly functions: readonly NuclioConfig[];
  /** What they do not get, and what else to know: a line each. */
  readonly notes: readonly string[];
}

interface Wished extends FunctionOfBundle {
  /** What it is called at the dashboard. */
  readonly called: string;
}

type Fields = Readonly<Record<string, unknown>>;

const PORT = 8080; // where Nuclio asks whether a function is ready, and sends requests
const HEALTH_PORT = 8082; // where it asks whether it lives
const LINGER_SECONDS = 3; // Nuclio gives pods no preStop: who has not heard of their end yet is still answered
const LONGEST_NAME = 56; // its Service is nuclio-NAME
const VARIABLE = /^[-._A-Za-z][-._A-Za-z0-9]*$/;

/**
 * What Nuclio is told of the functions of a bundle.
 *
 * @throws {DeployError} With everything that Nuclio cannot run of it.
 */
export function functionSpecs(act: string, bundle: Bundle, wish: SpecWish): FunctionSpecs {
  const functions = functionsOfBundle(bundle).map((fn): Wished => ({
    ...fn,
    called: calledOf(bundle.name, fn.name),
  }));
  const faults = [
    ...faultsOfWishedImage(wish.image),
    ...(wish.imagePullSecrets ?? []).length > 1 ? ["imagePullSecrets has several names, and Nuclio takes one"] : [],
    ...faultsOfStreams(bundle),
    ...functions.flatMap((fn) => faultsOf(fn, bundle, wish).map((fault) => `function "${fn.name}": ${fault}`)),
  ];
  if (faults.length > 0) throw new DeployError(act, faults.join("; "));
  const mirrored = functions.map((fn) => ({ fn, ...shownTriggers(fn, bundle, wish) }));
  return {
    functions: mirrored.map(({ fn, triggers }) => configOf(fn, bundle, { ...wish, triggers })).reverse(),
    notes: mirrored.flatMap(({ fn, notes }) => [
      ...notes,
      ...answered(fn).notes.map((note) => `function ${fn.name}: ${note}`),
    ]),
  };
}

function shownTriggers(fn: Wished, bundle: Bundle, { mirrorSchedules = true, replicas }: SpecWish) {
  const { triggers, notes } = mirroredTriggers(bundle, fn.name);
  const { min, max } = scaleOf(fn, replicas);
  const isLeft = ({ kind }: NuclioTrigger) =>
    kind === "cron" && !mirrorSchedules || kind === "v3ioStream" && min !== max; // Nuclio refuses it where pods come and go
  return {
    triggers: Object.fromEntries(Object.entries(triggers).filter(([, trigger]) => !isLeft(trigger))),
    notes: mirrorSchedules ? notes : notes.filter((note) => !note.includes("by schedule")),
  };
}

function configOf(
  fn: Wished,
  { name: graph, revision, files }: Bundle,
  wish: SpecWish & { readonly triggers: Readonly<Record<string, NuclioTrigger>> },
): NuclioConfig {
  const { namespace, project } = wish;
  return {
    metadata: {
      name: fn.called,
      ...namespace === undefined ? {} : { namespace },
      labels: {
        [PROJECT_LABEL]: project,
        [MANAGED_LABEL]: "levada",
        [GRAPH_LABEL]: graph,
        [FUNCTION_LABEL]: fn.name,
        [REVISION_LABEL]: revision,
      },
    },
    spec: specOf(fn, { revision, sha256: digestOf(files) }, wish),
  };
}

function specOf(
  fn: Wished,
  { revision, sha256 }: { readonly revision: string; readonly sha256: string },
  wish: SpecWish & { readonly triggers: Readonly<Record<string, NuclioTrigger>> },
): NuclioSpec {
  const { envFrom = [], secretNames = [], serviceAccount, nodeSelector, tolerations } = fn.cluster;
  const { min, max, cpu } = scaleOf(fn, wish.replicas);
  return {
    description: `Function ${fn.name}, made by Levada: revision ${revision}`,
    runtime: "nodejs", // a dashboard asks for one; the image runs what it runs
    image: wish.image!,
    ...wish.imagePullSecrets?.[0] === undefined ? {} : { imagePullSecrets: wish.imagePullSecrets[0] },
    env: podEnvironment([
      { name: "LEVADA_FUNCTION", value: fn.name },
      { name: "LEVADA_SERVE", value: JSON.stringify(serveWords(fn.settings, sha256)) },
      { name: "LEVADA_LOG_FORMAT", value: "json" },
      { name: "LEVADA_STATE", value: "/tmp/levada" },
    ], { env: fn.env, memory: fn.resources.memory }),
    ...envFrom.length === 0 ? {} : {
      envFrom: envFrom.map((one) =>
        "secretName" in one ? { secretRef: { name: one.secretName } } : { configMapRef: { name: one.configMapName } }
      ),
    },
    ...secretNames.length === 0 ? {} : { volumes: [secretsVolume(secretNames)] },
    resources: resourcesOf(fn),
    minReplicas: min,
    maxReplicas: max,
    ...cpu === undefined ? {} : { targetCPU: cpu },
    ...serviceAccount === undefined ? {} : { serviceAccount },
    ...nodeSelector === undefined ? {} : { nodeSelector },
    ...tolerations === undefined ? {} : { tolerations },
    readinessTimeoutSeconds: Math.ceil(wish.deadlineMs / 1_000),
    triggers: { http: httpTrigger(fn, wish.nodePort ?? false), ...wish.triggers },
    build: { codeEntryType: "image" },
  };
}

/** What `levada serve` is told; the image's own words come behind. */
function serveWords(
  { host: _host, tls: _tls, grpcPort: _grpc, workers: _workers, ...settings }: ProcessSettings,
  sha256: string,
): string[] {
  const own = ["--revision", sha256, "--host", "0.0.0.0", "--port", String(PORT)]; // a tag may have been pushed again
  return [...own, "--health-port", String(HEALTH_PORT), "--linger", String(LINGER_SECONDS), ...flagsOf(settings)];
}

function httpTrigger({ cluster: { ingress } }: Wished, nodePort: boolean): NuclioTrigger {
  const { host, path = "/", className, tlsSecretName, annotations } = ingress ?? { host: undefined };
  return {
    kind: "http",
    name: "http",
    ...annotations === undefined && className === undefined ? {} : {
      annotations: { ...className !== undefined && { "kubernetes.io/ingress.class": className }, ...annotations },
    },
    attributes: {
      serviceType: nodePort ? "NodePort" : "ClusterIP",
      ...host === undefined ? {} : {
        ingresses: {
          "0": {
            host,
            paths: [path],
            pathType: "Prefix",
            ...tlsSecretName === undefined ? {} : { secretName: tlsSecretName },
          },
        },
      },
    },
  };
}

function secretsVolume(secrets: readonly string[]): Fields {
  return {
    volume: { name: "secrets", projected: { sources: secrets.map((name) => ({ secret: { name } })) } },
    volumeMount: { name: "secrets", mountPath: SECRETS_FOLDER, readOnly: true },
  };
}

/** A dashboard leaves out what is empty. */
function resourcesOf({ resources }: Wished): NuclioResources {
  const { requests, limits } = podResources(resources);
  return {
    ...Object.keys(requests).length > 0 && { requests },
    ...Object.keys(limits).length > 0 && { limits },
  };
}

interface Scale {
  readonly min: number;
  readonly max: number;
  readonly cpu?: number;
  readonly lag?: number;
}

function scaleOf({ cluster: { replicas: own = 1 } }: Wished, replicas: number | undefined): Scale {
  const wished = replicas ?? own;
  return typeof wished === "number" ? { min: wished, max: wished } : wished;
}

function faultsOfWishedImage(image: string | undefined): string[] {
  if (image === undefined || image === "") {
    return [
      'it needs an image that has the bundle in it: `levada image` makes one, then say image: "registry/name:tag"',
    ];
  }
  return faultsOfImage(image);
}

function faultsOf(fn: Wished, bundle: Bundle, { replicas }: SpecWish): string[] {
  const { called, settings, env, resources } = fn;
  const { min, max } = scaleOf(fn, replicas);
  const bad = Object.keys(env).filter((name) => !VARIABLE.test(name));
  return [
    ...faultsOfObjectName(called, LONGEST_NAME),
    ...faultsOfSettings(settings),
    ...faultsOfResources(resources),
    ...faultsOfPlace(fn, bundle),
    ...answered(fn).faults,
    ...faultsOfHeldNames(env),
    ...bad.map((name) => `"${name}" cannot be the name of a variable`),
    ...isWhole(min, 0) && isWhole(max, 1) && min <= max ? [] : [
      `replicas are ${JSON.stringify({ min, max })}, and must be whole numbers, min from 0 to max`,
    ],
    ...max > 1 && schedulesOf(bundle, fn.name).length > 0
      ? [`each of its pods would go by its schedules, and it has up to ${max}: give it one, replicas: 1`]
      : [],
  ];
}

/** As in any cluster, but that Nuclio has functions without pods without KEDA. */
function faultsOfPlace({ name, cluster: { replicas, ...cluster } }: Wished, bundle: Bundle): string[] {
  const isFed = (manifestOf(bundle).feeds ?? []).some((feed) => feed.function === name);
  const some = typeof replicas === "object" && replicas.min === 0 ? { ...replicas, min: 1 } : replicas;
  return faultsOfCluster({ ...cluster, ...some === undefined ? {} : { replicas: some } }, { isFed });
}

/** What Nuclio makes of what a function says. */
function answered({ settings, resources, cluster }: Wished): ReturnType<typeof answersTo> {
  return answersTo({ serve: settings, resources, cluster }, NUCLIO);
}

function isWhole(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}
