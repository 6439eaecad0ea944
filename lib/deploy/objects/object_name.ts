const NAME = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const LONGEST = 50; // objects' names have 63 letters, and pods' a hash and more behind

const NAMESPACE = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LONGEST_NAMESPACE = 63;

/** What is wrong with the name of a namespace; nothing where there may be one of that name. */
export function faultsOfNamespace(name: string): string[] {
  if (NAMESPACE.test(name) && name.length <= LONGEST_NAMESPACE) return [];
  return [
    `namespace is "${name}", and must be small letters, digits and "-", ${LONGEST_NAMESPACE} at most. Name one that is there, or none for that of the context`,
  ];
}

/** What is wrong with the name that objects of a function would have; nothing where a cluster takes it. */
export function faultsOfObjectName(name: string, longest = LONGEST): string[] {
  if (NAME.test(name) && name.length <= longest) return [];
  return [
    `its objects would be called "${name}", and a cluster takes small letters, digits and "-", ${longest} at most, a letter first. Name it so`,
  ];
}
