const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LONGEST = 253;

/** Whether a Secret, or a ConfigMap, may be called so. */
export function isSecretName(name: unknown): name is string {
  return typeof name === "string" && NAME.test(name) && name.length <= LONGEST;
}
