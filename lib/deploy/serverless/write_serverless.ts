import type { Bundle } from "../../bundle/bundle.ts";
import { DeployError } from "../deploy_error.ts";
import { documentOf } from "../settings/deployed_functions.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import { writeObjects } from "../objects/write_objects.ts";
import { inferenceGraph } from "./inference_graph.ts";
import { inferenceService } from "./inference_service.ts";
import { knativeService } from "./knative_service.ts";
import type { ServerlessManifest, ServerlessWish } from "./whole_function.ts";

/** As what a graph is written: `inference-graph` has no code of it. */
export const SERVERLESS_TARGETS = ["knative", "kserve", "inference-graph"] as const;

/** One of them. */
export type ServerlessTarget = (typeof SERVERLESS_TARGETS)[number];

/** What is asked for. */
export interface WriteServerlessWish extends Omit<ServerlessWish, "image"> {
  readonly target: ServerlessTarget;
  readonly image?: string | undefined;
  /** The folder. */
  readonly folder: string;
}

/**
 * Writes a graph as one object of Knative or KServe. Gives the names of files, and what to know.
 *
 * @throws {DeployError | GraphError} With everything of it that cannot run so.
 */
export async function writeServerless(
  bundle: Bundle,
  wish: WriteServerlessWish,
): Promise<{ readonly files: readonly string[]; readonly notes: readonly string[] }> {
  const act = `write the manifests of "${bundle.name}"`;
  const { object, notes } = made(act, bundle, wish);
  return { files: await writeObjects(act, wish.folder, [object as unknown as ClusterObject]), notes };
}

function made(act: string, bundle: Bundle, { target, image = "", ...wish }: WriteServerlessWish): ServerlessManifest {
  if (target === "knative") return knativeService(bundle, { ...wish, image });
  if (target === "kserve") return inferenceService(bundle, { ...wish, image });
  const { graph, ...document } = documentOf(bundle);
  if (graph === undefined) throw new DeployError(act, "it has no graph");
  return inferenceGraph({ ...document, graph }, wish);
}
