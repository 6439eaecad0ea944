/** Where the dead letters of a stream go: the same path with `-dead-letters` behind the name, which every broker takes. */
export function deadLetterPath(path: string): string {
  return path.replace(/^([^?#]*)/, "$1-dead-letters");
}

const CHANGING = ["partitions", "capacity", "retention", "replication"]; // a stream that is there keeps its own

/** The path of a stream as whoever only comes to look has it: opening it makes nothing, and changes nothing. */
export function existingPath(path: string): string {
  const [name = "", query = ""] = path.split("?", 2);
  const options = new URLSearchParams(query);
  for (const option of CHANGING) options.delete(option);
  if (!/^(memory|dummy):/i.test(name)) options.set("create", "false");
  return options.size === 0 ? name : `${name}?${options}`;
}
