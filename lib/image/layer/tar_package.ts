/** The part of modern-tar that is used here; the package is fetched when the first image is made. */

/** What stands before each entry of an archive. */
export interface TarHeader {
  readonly name: string;
  readonly size: number;
  readonly type?: string;
  readonly mode?: number;
  readonly mtime?: Date;
  readonly uid?: number;
  readonly gid?: number;
  readonly linkname?: string;
}

/** What reads and writes archives. */
export interface TarPackage {
  unpackTar(
    archive: Uint8Array,
    options: { readonly strict: boolean },
  ): Promise<{ readonly header: TarHeader; readonly data?: Uint8Array }[]>;
  packTar(
    entries: readonly { readonly header: TarHeader; readonly body?: Uint8Array }[],
  ): Promise<Uint8Array<ArrayBuffer>>;
  createTarDecoder(): TransformStream<
    Uint8Array,
    { readonly header: TarHeader; readonly body: ReadableStream<Uint8Array> }
  >;
}

/** Loads it. */
export async function loadTar(): Promise<TarPackage> {
  const name = "modern-tar"; // in a variable: only who makes images needs it
  return await import(name) as TarPackage;
}
