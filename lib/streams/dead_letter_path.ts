import { MissingStreamError } from "../errors.ts";

/** Where the dead letters of a stream go: the same path with `-dead-letters` behind the name, which every broker takes. */
export function deadLetterPath(path: string): string {
  return path.replace(/^([^?#]*)/, "$1-dead-letters");
}

/** How the names of streams of dead letters end: what cannot be worked on there has a stream only when the first one comes. */
export const LETTERS = /-dead-letters$/;

/**
 * Opens the stream of dead letters of a path as it is, however many partitions the path asks for; where there is none it is made, also for
 * who makes no stream of records (`create=false`).
 */
export async function openLettersOf<Letters>(path: string, open: (path: string) => Promise<Letters>): Promise<Letters> {
  const [name = "", query = ""] = deadLetterPath(path).split("?", 2);
  const [made, found] = [new URLSearchParams(query), new URLSearchParams(query)];
  made.delete("create");
  found.delete("partitions");
  found.set("create", "false");
  try {
    return await open(`${name}?${found}`);
  } catch (error) {
    if (!(error instanceof MissingStreamError)) throw error;
  }
  return await open(made.size === 0 ? name : `${name}?${made}`);
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
