import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { type FlowEvent, type LogOptions, openLog, Secret, serving } from "levada";

function open(options: LogOptions = {}) {
  const lines: string[] = [];
  const log = openLog({ format: "json", level: "debug", now: () => 0, ...options, write: (line) => lines.push(line) });
  return { log, lines, last: () => JSON.parse(lines.at(-1)!) };
}

Deno.test("openLog() writes from its level up", () => {
  for (const [level, count] of [["debug", 4], ["info", 3], ["warn", 2], ["error", 1], ["silent", 0]] as const) {
    const { log, lines } = open({ level });
    for (const name of ["debug", "info", "warn", "error"] as const) log[name]("x");
    strictEqual(lines.length, count, level);
  }
});

Deno.test("openLog() keeps time, level and message its own, and a line one line", () => {
  const { log, lines, last } = open();
  log.info("a\nb", { time: "never", level: 9, message: "other", step: "s" });
  deepStrictEqual(last(), {
    time: "1970-01-01T00:00:00.000Z",
    level: "info",
    message: "a\nb",
    field_time: "never",
    field_level: 9,
    field_message: "other",
    step: "s",
  });
  strictEqual(lines[0]!.includes("\n"), false);
});

Deno.test("openLog() writes for people: no line break, no cursor that moves", () => {
  const { log, lines } = open({ format: "text" });
  log.warn("a\nerror: forged \x1b[2J", { step: "s", "b\nc": "d e", n: 2, none: undefined });
  deepStrictEqual(lines, [
    '1970-01-01T00:00:00.000Z warn  a\\nerror: forged \\u001b[2J step=s b\\nc="d e" n=2',
  ]);
});

Deno.test("openLog() writes no secret: by name, by form, by value", () => {
  const { log, lines } = open({ secrets: [new Secret("TOKEN", 'to"ken-1'), new Secret("SHORT", "ab")] });
  log.info('sent to"ken-1 as Bearer abc.def to https://ann:pw@host/', {
    headers: new Headers({ authorization: "Basic eA==", cookie: "id=1", accept: "*/*" }),
    nested: { dbPassword: "x", list: [{ api_key: "y" }] },
    secret: new Secret("S", "shown nowhere"),
    other: new Secret("S", "shown nowhere"),
  });
  deepStrictEqual(JSON.parse(lines[0]!), {
    time: "1970-01-01T00:00:00.000Z",
    level: "info",
    message: "sent *** as Bearer *** to https://***@host/",
    headers: { accept: "*/*", authorization: "***", cookie: "***" },
    nested: { dbPassword: "***", list: [{ api_key: "***" }] },
    secret: "***",
    other: "***",
  });
});

Deno.test("openLog() refuses a level of the environment that is none", () => {
  Deno.env.set("LEVADA_LOG_LEVEL", "loud");
  try {
    throws(() => openLog(), /LEVADA_LOG_LEVEL is "loud", not one of debug, info, warn, error, silent/);
  } finally {
    Deno.env.delete("LEVADA_LOG_LEVEL");
  }
});

Deno.test("context.log tells function, step and event, on the short way and on the long", async () => {
  const { log, lines } = open();
  const fn = serving("f");
  fn.setTopology("flow")
    .to("one", (body: number, { log }) => {
      log.info("here");
      return body;
    })
    .to("two", (event: FlowEvent<number>, { log }) => {
      log.warn("there", { step: "said" });
      return event.body;
    }, { fullEvent: true })
    .respond();
  await using server = await fn.toMockServer({ log });
  await server.test("/", 1, { eventId: "e1" });
  const told = lines.map((line) => JSON.parse(line)).map(({ time: _time, ...rest }) => rest);
  deepStrictEqual(told, [
    { level: "info", message: "here", function: "f", step: "one", event: "e1" },
    { level: "warn", message: "there", function: "f", step: "said", event: "e1" },
  ]);
  const short = serving("short");
  short.setTopology("flow").to("only", (body: number, { log }) => {
    log.info("quick");
    return body;
  }).respond();
  await using quick = await short.toMockServer({ log });
  await quick.test("/", 1, { eventId: "e2" });
  deepStrictEqual([JSON.parse(lines.at(-1)!).event, JSON.parse(lines.at(-1)!).step], ["e2", "only"]);
});
