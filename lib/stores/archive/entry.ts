/** One thing in an archive. */
export interface ArchiveEntry {
  /** As the archive writes it. */
  readonly name: string;
  readonly kind: "file" | "directory" | "link" | "other";
  /** The content of a file. */
  write(sink: (chunk: Uint8Array) => Promise<void>): Promise<void>;
}
