/** The part of @duckdb/node-api that is used here; the package is fetched when the first file or database is opened with it. */
export interface DuckRuntime {
  readonly DuckDBInstance: {
    create(path?: string, options?: Readonly<Record<string, string>>): Promise<DuckInstance>;
  };
  readonly DuckDBDataChunk: { create(types: readonly DuckType[], rowCount?: number): DuckChunk };
  readonly DuckDBTimestampTZValue: new (micros: bigint) => unknown;
  readonly DuckDBTypeId: Readonly<Record<string, number>>;
  readonly BOOLEAN: DuckType;
  readonly BIGINT: DuckType;
  readonly DOUBLE: DuckType;
  readonly VARCHAR: DuckType;
  readonly BLOB: DuckType;
  readonly TIMESTAMPTZ: DuckType;
  readonly INTEGER: DuckType;
  LIST(item: DuckType): DuckType;
  MAP(key: DuckType, value: DuckType): DuckType;
  STRUCT(fields: Readonly<Record<string, DuckType>>): DuckType;
  listValue(items: readonly unknown[]): unknown;
  mapValue(entries: readonly { readonly key: unknown; readonly value: unknown }[]): unknown;
  structValue(fields: Readonly<Record<string, unknown>>): unknown;
  blobValue(bytes: Uint8Array): unknown;
}

/** A database that is open. */
export interface DuckInstance {
  connect(): Promise<DuckConnection>;
  closeSync(): void;
}

/** A connection to a database. */
export interface DuckConnection {
  run(sql: string, values?: DuckBindings): Promise<unknown>;
  runAndReadAll(sql: string, values?: DuckBindings): Promise<{ getRows(): unknown[][] }>;
  stream(sql: string, values?: DuckBindings): Promise<DuckResult>;
  extractStatements(sql: string): Promise<{ readonly count: number }>;
  createAppender(table: string, schema: string, catalog: string): Promise<DuckAppender>;
  closeSync(): void;
}

/** What is bound to the marks of a query: by place, or by name. */
export type DuckBindings = unknown[] | Record<string, unknown>;

/** What a query gives, chunk by chunk. */
export interface DuckResult {
  deduplicatedColumnNames(): string[];
  columnTypes(): DuckType[];
  fetchChunk(): Promise<DuckChunk | null>;
}

/** Up to 2,048 rows. */
export interface DuckChunk {
  readonly rowCount: number;
  getColumnValues(column: number): unknown[];
  setColumns(columns: readonly (readonly unknown[])[]): void;
}

/** Fills a table. */
export interface DuckAppender {
  appendDataChunk(chunk: DuckChunk): void;
  closeSync(): void;
}

/** A type of a column; the parts that only some kinds have are optional. */
export interface DuckType {
  readonly typeId: number;
  readonly width?: number;
  readonly valueType?: DuckType;
  readonly keyType?: DuckType;
  readonly entryNames?: readonly string[];
  readonly entryTypes?: readonly DuckType[];
  readonly memberTags?: readonly string[];
  readonly memberTypes?: readonly DuckType[];
  toString(): string;
}

let loading: Promise<DuckRuntime> | undefined;

/** Loads DuckDB, once. */
export function loadDuckdb(): Promise<DuckRuntime> {
  return loading ??= load();
}

async function load(): Promise<DuckRuntime> {
  const name = "@duckdb/node-api"; // in a variable: a literal would be fetched by programs that open no file with it
  return await import(name) as DuckRuntime;
}
