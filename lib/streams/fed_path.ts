/** Where streams are whose queues name none: in this process, or between the processes of this machine. */
export type QueueHome = "memory" | "local";

/** The path of the stream behind a queue: its own, else one that is named for function and queue. */
export function streamPath(
  fn: { readonly name: string },
  queue: string,
  { path, home }: { readonly path: string | undefined; readonly home: QueueHome },
): string {
  if (path !== undefined) return path;
  return home === "memory"
    ? `memory://${fn.name}-${queue}`
    : `local://${encodeURIComponent(fn.name)}/${encodeURIComponent(queue)}`;
}

/** The path of the stream of a schedule's times. */
export function schedulePath(group: string, schedule: string): string {
  return `local://${encodeURIComponent(group)}/schedules/${encodeURIComponent(schedule)}`;
}
