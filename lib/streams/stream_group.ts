/** A group of a stream, as whoever looks after the stream sees it. */
export interface StreamGroup {
  readonly group: string;
  /** How many subscribers of it are alive now. */
  readonly readers: number;
  /** When the last of them was heard of, milliseconds since 1970; undefined where nobody has kept that. */
  readonly heardAt: number | undefined;
  /** Whether those who publish wait for it where it is far behind. */
  readonly isWaitedFor: boolean;
}
