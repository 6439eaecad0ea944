/** The part of @bufbuild/protobuf's wire format that is used here; the package is fetched when gRPC is first asked for. */
export interface Wire {
  readonly BinaryReader: new (bytes: Uint8Array) => WireReader;
  readonly BinaryWriter: new () => WireWriter;
}

/** Reads the fields of a message from bytes; what it gives of `bytes` are views. */
export interface WireReader {
  readonly len: number;
  readonly pos: number;
  tag(): [field: number, type: number];
  skip(type: number, field: number): Uint8Array;
  bool(): boolean;
  bytes(): Uint8Array;
  double(): number;
  float(): number;
  int32(): number;
  int64(): bigint | string;
  string(isStrict?: boolean): string;
  uint32(): number;
  uint64(): bigint | string;
}

/** Writes the fields of a message. */
export interface WireWriter {
  tag(field: number, type: number): this;
  /** Begins a message within the message, which `join` ends. */
  fork(): this;
  join(): this;
  bool(value: boolean): this;
  bytes(value: Uint8Array): this;
  double(value: number): this;
  int32(value: number): this;
  int64(value: bigint | number): this;
  string(value: string): this;
  uint32(value: number): this;
  uint64(value: bigint | number): this;
  finish(): Uint8Array;
}

let loading: Promise<Wire> | undefined;

/** Loads the wire format, once. */
export function loadWire(): Promise<Wire> {
  return loading ??= load();
}

async function load(): Promise<Wire> {
  const name = "@bufbuild/protobuf/wire"; // in a variable: a literal would be fetched by programs that serve no gRPC
  return await import(name) as Wire;
}
