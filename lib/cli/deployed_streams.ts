import { DeployError } from "../deploy/deploy_error.ts";
import { feedsOf } from "../deploy/process/feeds.ts";
import { readRevision } from "../deploy/process/keep_revision.ts";
import { readState } from "../deploy/process/read_state.ts";
import { deploymentFolder } from "../deploy/process/state_folder.ts";

/**
 * The paths of the streams that feed a deployed function and its children: those of its queues, and of its triggers. A queue within one
 * function stands for none; it is named all the same.
 *
 * @throws {DeployError} If there is no such deployment.
 */
export async function deployedStreams(name: string): Promise<string[]> {
  const act = `find the streams of "${name}"`;
  const folder = deploymentFolder(name);
  const state = await readState(act, folder);
  if (state === undefined) {
    throw new DeployError(
      act,
      `no such deployment is known in ${folder.state}. LEVADA_STATE says where else; a stream is named by its path, local://orders`,
    );
  }
  return feedsOf(await readRevision(act, state.revision, folder)).map(({ path }) => path);
}
