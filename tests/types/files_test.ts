import {
  feed,
  type Flow,
  readCsv,
  readJsonLines,
  readSql,
  serving,
  writeCsv,
  writeParquet,
  type WriteSqlOptions,
} from "levada";

/** True when both types are the same. */
type Same<One, Other> = (<Type>() => Type extends One ? 1 : 2) extends (<Type>() => Type extends Other ? 1 : 2) ? true
  : false;

/** Checks a type; there is nothing to run. */
function same<_Proof extends true>(): void {}

/** The body behind a chain. */
type BodyOf<Step> = Step extends { "~reply"?: infer Body } ? Exclude<Body, undefined> : never;

interface Row {
  readonly user: string;
  readonly paid: number;
}

Deno.test("a writer passes the body's type on, said or not", () => {
  const graph = serving("types").setTopology("flow");
  const start = graph.to("start", (row: Row) => row);
  const written = start.to("csv", writeCsv({ path: "x.csv" })).to("parquet", writeParquet<Row>({ path: "x" }));
  same<Same<BodyOf<typeof written>, Row>>();
  // @ts-expect-error a writer of other rows
  start.to("other", writeCsv<{ other: boolean }>({ path: "x.csv" }));
  // @ts-expect-error there is no such mode
  const options: WriteSqlOptions = { database: "x", table: "t", mode: "insert" };
  void options;
});

Deno.test("readers give rows of the type that is said", () => {
  same<Same<ReturnType<typeof readCsv<Row>>, AsyncGenerator<Row, void, undefined>>>();
  same<
    Same<ReturnType<typeof readSql<Record<string, unknown>>>, AsyncGenerator<Record<string, unknown>, void, undefined>>
  >();
  same<Same<ReturnType<typeof readJsonLines<number>>, AsyncGenerator<number, void, undefined>>>();
});

Deno.test("feed() takes its key from a field that the rows have", () => {
  const check = (flow: Flow, rows: AsyncIterable<Row>) => [
    feed(flow, rows, { key: "user", time: (row) => row.paid }),
    // @ts-expect-error the rows have no such field
    feed(flow, rows, { key: "usr" }),
    // @ts-expect-error a key is a text or a number
    feed(flow, rows, { key: (row) => [row.user] }),
  ];
  void check;
});
