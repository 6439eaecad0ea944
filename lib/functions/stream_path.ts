/** The path of the stream behind a queue: its own, else one in this process that is named for function and queue. */
export function streamPath(fn: { readonly name: string }, queue: string, path: string | undefined): string {
  return path ?? `memory://${fn.name}-${queue}`;
}
