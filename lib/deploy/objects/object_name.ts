const NAME = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const LONGEST = 50; // objects' names have 63 letters, and pods' a hash and more behind

/** What is wrong with the name that objects of a function would have; nothing where a cluster takes it. */
export function faultsOfObjectName(name: string, longest = LONGEST): string[] {
  if (NAME.test(name) && name.length <= longest) return [];
  return [
    `its objects would be called "${name}", and a cluster takes small letters, digits and "-", ${longest} at most, a letter first. Name it so`,
  ];
}
