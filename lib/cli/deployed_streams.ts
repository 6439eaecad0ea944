import { manifestOf } from "../bundle/bundle.ts";
import { DeployError } from "../deploy/deploy_error.ts";
import { readRevision } from "../deploy/keep_revision.ts";
import { readState } from "../deploy/read_state.ts";
import { deploymentFolder } from "../deploy/state_folder.ts";
import { schedulePath, streamPath } from "../functions/stream_path.ts";
import type { GraphDocument } from "../graph/document.ts";

/** What is read of a function's document. */
interface Document {
  readonly name: string;
  readonly graph?: GraphDocument;
  readonly triggers?: Readonly<Record<string, { readonly stream?: string }>>;
}

/**
 * The paths of the streams that feed a deployed function and its children: those of its queues, and of its triggers. A queue within one
 * function stands for none; it is named all the same.
 *
 * @throws {DeployError} If there is no such deployment.
 */
export async function deployedStreams(name: string): Promise<string[]> {
  const act = `find the streams of "${name}"`;
  const folder = deploymentFolder(name);
  const state = await readState(folder.stateFile);
  if (state === undefined) {
    throw new DeployError(
      act,
      `no such deployment is known in ${folder.state}. LEVADA_STATE says where else; a stream is named by its path, local://orders`,
    );
  }
  const { graph, triggers = {}, ...fn } = manifestOf(await readRevision(act, state.revision, folder))
    .function as Document;
  const queues = (graph?.steps ?? []).filter(({ kind }) => kind === "queue");
  return [
    ...new Set([
      ...Object.entries(triggers).map(([trigger, { stream }]) => stream ?? schedulePath(fn.name, trigger)),
      ...queues.map(({ name, own }) => streamPath(fn, name, { path: own?.path as string | undefined, home: "local" })),
    ]),
  ];
}
