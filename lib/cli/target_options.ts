import { DEPLOY_TARGETS, type DeployTarget } from "../deploy/deploy_options.ts";
import { UsageError } from "./command.ts";

/** Reads `--target process`. */
export function readTarget(text: string | undefined): DeployTarget | undefined {
  const target = DEPLOY_TARGETS.find((one) => one === text);
  if (text === undefined || target !== undefined) return target;
  throw new UsageError(`there is no target "${text}": it is ${DEPLOY_TARGETS.join(" or ")}`);
}
