import { packBundle } from "../../bundle/bundle_archive.ts";
import { type Bundle, digestOf, manifestOf } from "../../bundle/bundle.ts";
import { DeployError } from "../deploy_error.ts";
import { documentOf, type FunctionOfBundle, functionsOfBundle } from "../settings/deployed_functions.ts";
import { faultsOfSettings } from "../settings/process_settings.ts";
import { faultsOfCluster } from "../settings/cluster_faults.ts";
import { faultsOfOutside } from "../settings/outside_faults.ts";
import { plainPath } from "../../streams/plain_path.ts";
import { isSchedule } from "../../triggers/trigger.ts";
import { faultsOfImage } from "../objects/image_faults.ts";
import { faultsOfResources } from "../objects/resource_faults.ts";
import { faultsOfNamespace, faultsOfObjectName } from "../objects/object_name.ts";
import { isSecretName } from "../settings/secret_name.ts";
import { faultsOfStreams } from "../settings/stream_faults.ts";
import { mostPods } from "./objects/workload_objects.ts";
import { PORT } from "./objects/pod_template.ts";
import { isOpenKafka } from "./objects/lag_scaler.ts";
import { publishedStreams } from "./published_streams.ts";
import { type Release, type ReleasedFunction, START_SECONDS } from "./release.ts";
import { storedCode } from "./stored_code.ts";

/** What of a release is said where it is deployed. */
export interface ReleaseOptions {
  /** Default: LEVADA_IMAGE. */
  readonly image?: string | undefined;
  /** Where in the image the bundle is. Default: it travels in a ConfigMap. */
  readonly bundleFolder?: string | undefined;
  /** The store that pods fetch it from. */
  readonly bundleUrl?: string | undefined;
  /** Default: none. */
  readonly imagePullSecrets?: readonly string[] | undefined;
  /** Default: what each function says. */
  readonly replicas?: number | undefined;
  /** How long everything may take to be ready; where that is longer than pods may take else, so may they. Default: as long as they may else. */
  readonly deadlineMs?: number | undefined;
}

/** What of a release does not stand in its bundle. */
export interface ReleaseWish extends ReleaseOptions, Pick<Release, "namespace"> {}

const LARGEST_CODE = 900_000; // a ConfigMap has a MiB

/**
 * What is deployed of a bundle.
 *
 * @throws {DeployError} With everything that a cluster cannot run of it.
 */
export async function releaseOf(
  act: string,
  bundle: Bundle,
  { replicas, namespace, image: said, bundleFolder, bundleUrl, imagePullSecrets = [], deadlineMs = 0 }: ReleaseWish,
): Promise<Release> {
  const { name, triggers = {} } = documentOf(bundle);
  const { feeds = [], versions: { levada } } = manifestOf(bundle);
  const published = publishedStreams(bundle);
  const found = functionsOfBundle(bundle);
  const shapeless = found.filter(({ cluster }) => typeof cluster !== "object" || cluster === null);
  if (shapeless.length > 0) {
    const told = shapeless.flatMap(({ name, cluster }) =>
      faultsOfCluster(cluster, { isFed: false }).map((fault) => `function "${name}": ${fault}`)
    );
    throw new DeployError(act, told.join("; "));
  }
  const functions = found.map((fn): ReleasedFunction => ({
    ...fn,
    objectName: fn.name === name ? name : `${name}-${fn.name}`,
    cluster: replicas === undefined ? fn.cluster : { ...fn.cluster, replicas },
    streams: feeds.filter((feed) => feed.function === fn.name).map(({ path, group }) => ({ path, group })),
    publishes: published.get(fn.name) ?? [],
  }));
  const image = said ?? (Deno.env.get("LEVADA_IMAGE") || undefined);
  const scheduled = Object.keys(triggers).filter((trigger) => isSchedule(triggers[trigger]!));
  const faults = [
    ...functions.flatMap((fn) => faultsOf(fn).map((fault) => `function "${fn.name}": ${fault}`)),
    ...functions.filter((fn) => fn.name === name && mostPods(fn) > 1).flatMap((fn) =>
      scheduled.map((trigger) =>
        `trigger "${trigger}" is a schedule, and each of up to ${mostPods(fn)} pods would start it. Say replicas: 1`
      )
    ),
    ...faultsOfStreams(bundle),
    ...image === undefined ? [] : faultsOfImage(image),
    ...faultsOfNamespace(namespace),
    ...imagePullSecrets.filter((secret) => !isSecretName(secret)).map((secret) =>
      `imagePullSecrets: ${JSON.stringify(secret)} is no name of a Secret: small letters, digits, "-" and "."`
    ),
  ];
  if (faults.length > 0) throw new DeployError(act, faults.join("; "));
  const code = await codeOf(act, bundle, { image: said, bundleFolder, bundleUrl });
  if (image === undefined) throw new DeployError(act, imageUnsaid(levada));
  return {
    name,
    namespace,
    revision: bundle.revision,
    image,
    imagePullSecrets,
    code,
    functions,
    ...deadlineMs > START_SECONDS * 1_000 && { startSeconds: Math.ceil(deadlineMs / 1_000) },
  };
}

/** Nobody has published one that could be meant: whoever took its name would run in everybody's cluster. */
function imageUnsaid(version = "VERSION"): string {
  return `nobody says which image its pods run. Make it once, \`levada image --runtime -t REGISTRY/levada:${version} --push\`, and say it: { image }, --image, or LEVADA_IMAGE`;
}

/** The code as it travels. */
async function codeOf(
  act: string,
  bundle: Bundle,
  { image, bundleFolder, bundleUrl }: ReleaseOptions,
): Promise<Release["code"]> {
  if (bundleUrl !== undefined) {
    if (bundleFolder === undefined) return await storedCode(act, bundle, bundleUrl);
    throw new DeployError(act, "the code is either in the image, bundleFolder, or in a store, bundleUrl");
  }
  if (bundleFolder !== undefined) {
    if (image === undefined) {
      throw new DeployError(act, `bundleFolder is ${bundleFolder}, and nobody says in which image: image`);
    }
    if (!bundleFolder.startsWith("/")) {
      throw new DeployError(act, `bundleFolder is ${bundleFolder}, and must begin with /`);
    }
    return { kind: "image", folder: bundleFolder, sha256: digestOf(bundle.files) };
  }
  const packed = await packBundle(bundle);
  if (packed.length <= LARGEST_CODE) return { kind: "config", archive: packed.toBase64() };
  throw new DeployError(
    act,
    `its code has ${packed.length} bytes packed, and a ConfigMap takes ${LARGEST_CODE}. Put it into an image, \`levada image … -t IMAGE ` +
      '--push`, and deploy that: { image: "IMAGE", bundleFolder: "/bundle" }, --image IMAGE --bundle-folder /bundle; or ' +
      "into a store that pods reach: { bundleUrl }, --bundle-url s3://BUCKET/FOLDER/",
  );
}

function faultsOf(
  { objectName, settings, resources, cluster, streams }: ReleasedFunction & FunctionOfBundle,
): string[] {
  const goesByCpu = typeof cluster.replicas === "object" && cluster.replicas.lag === undefined;
  return [
    ...goesByCpu && resources.cpu === undefined
      ? [
        "cluster.replicas: an autoscaler goes by how much of what it asks for a pod uses. Say that too: resources: { cpu: 0.5 }",
      ]
      : [],
    ...faultsOfObjectName(objectName),
    ...faultsOfSettings(settings),
    ...faultsOfResources(resources),
    ...relativeFiles(settings),
    ...settings.grpcPort === PORT ? [`serve.grpcPort is ${PORT}, where its pods answer HTTP. Choose another`] : [],
    ...faultsOfCluster(cluster, { isFed: streams.length > 0 }),
    ...faultsOfOutside(cluster, settings),
    ...faultsOfLag(cluster.replicas, { settings, streams }),
  ];
}

/** What waits is told by a broker that asks for no login, else by the pods themselves, whom KEDA asks without any. */
function faultsOfLag(
  replicas: ReleasedFunction["cluster"]["replicas"],
  { settings, streams }: Pick<ReleasedFunction, "settings" | "streams">,
): string[] {
  if (typeof replicas !== "object" || replicas.lag === undefined) return [];
  const asked = streams.filter((stream) => /^(kafka|nats|redis)/i.test(stream.path) && !isOpenKafka(stream));
  if (asked.length === 0) return [];
  const [{ path }] = asked as [typeof asked[number]];
  return [
    ...replicas.min === 0
      ? [
        `cluster.replicas.min is 0, and while there is no pod nobody tells what waits in ${
          plainPath(path)
        }: only a Kafka without a login does. Say min: 1`,
      ]
      : [],
    ...settings.tokens !== undefined || settings.tls?.clientCa !== undefined
      ? [
        "cluster.replicas.lag: KEDA asks it for /metrics, and has neither tokens nor certificates. Say how many pods it has",
      ]
      : [],
  ];
}

/** Files lie in a pod where they are mounted, and nothing is relative there. */
function relativeFiles({ tls }: ReleasedFunction["settings"]): string[] {
  return Object.entries(tls ?? {}).filter(([, file]) => !String(file).startsWith("/")).map(([what, file]) =>
    `serve.tls.${what}: ${file} is relative, and a pod has it only where it is mounted: secretNames mounts at /var/run/secrets/levada`
  );
}
