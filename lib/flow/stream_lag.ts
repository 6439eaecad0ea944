/** How far a group is behind a stream. */
export interface StreamLag {
  /** The stream's path. */
  readonly stream: string;
  readonly group: string;
  /** The queue that the stream stands for; empty where it is none's. */
  readonly queue: string;
  /** The trigger that the stream stands for; left out where it is none's. */
  readonly trigger?: string;
  /** Records that are not acknowledged. */
  readonly records: number;
}
