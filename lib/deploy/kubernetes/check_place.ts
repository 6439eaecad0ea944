import { DeployError } from "../deploy_error.ts";
import { faultsOfNamespace, faultsOfObjectName } from "../objects/object_name.ts";

/**
 * Returns where a deployment could be there, before anybody is asked.
 *
 * @param place Without a name: only where.
 * @throws {DeployError} If no namespace, or no deployment, can have that name.
 */
export function checkPlace(
  act: string,
  { name, namespace }: { readonly name?: string; readonly namespace: string },
): void {
  const [fault] = faultsOfNamespace(namespace);
  if (fault !== undefined) throw new DeployError(act, fault);
  if (name === undefined || faultsOfObjectName(name).length === 0) return;
  throw new DeployError(act, 'there is no such deployment: names have small letters, digits and "-", a letter first');
}
