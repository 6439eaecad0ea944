/** Where the dead letters of a stream go: the same path with `-dead-letters` behind the name, which every broker takes. */
export function deadLetterPath(path: string): string {
  return path.replace(/^([^?#]*)/, "$1-dead-letters");
}
