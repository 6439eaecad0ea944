/** What no client would send, as bytes over sockets: refused where HTTP says so, never believed, and the next request is answered. */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type FlowEvent, type InferRequest, modelRouter, ModelServer, serving } from "levada";
import { SELF_SIGNED } from "../support/loopback.ts";
import { RawConnection } from "../support/raw_http.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const GET = "GET /v2/models/m HTTP/1.1\r\n";
const POST = "POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
/** The server hung up without a word, which HTTP lets it do with what is no HTTP. */
const CLOSED = 0;

/** What is sent, and with which statuses it may be answered. */
const REFUSED: Readonly<Record<string, readonly [bytes: string, ...statuses: number[]]>> = {
  "a length and chunks": [`${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, 400],
  "chunks and a length": [`${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${SMUGGLED}`, 400],
  "two lengths": [`${POST}Content-Length: 4\r\nContent-Length: 40\r\n\r\n    ${SMUGGLED}`, 400],
  "a list of lengths": [`${POST}Content-Length: 4, 40\r\n\r\n    ${SMUGGLED}`, 400],
  "a length with a sign": [`${POST}Content-Length: +4\r\n\r\n    `, 400],
  "a negative length": [`${POST}Content-Length: -1\r\n\r\n`, 400],
  "a length in hexadecimal": [`${POST}Content-Length: 0x4\r\n\r\n    `, 400],
  "another transfer coding": [`${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 400, 501],
  "chunks that are not last": [`${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400, 501],
  "gzip as a transfer coding": [`${POST}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 501],
  "tabs around a transfer coding": [
    `${POST}Transfer-Encoding:\tchunked\t\r\n\r\n10\r\n{"inputs":[1,2]}\r\n0\r\n\r\n`,
    200,
    400,
  ],
  "a space before the colon": [`${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`, 400],
  "a folded header": [`${GET}Host: x\r\nX-A: a\r\n b\r\n\r\n`, 400],
  "a bare CR in a header": [`${GET}Host: x\r\nX-A: a\rb\r\n\r\n`, 400],
  "NUL in a header": [`${GET}Host: x\r\nX-A: a\0b\r\n\r\n`, 400],
  "NUL in the target": ["GET /v2/mod\0els HTTP/1.1\r\nHost: x\r\n\r\n", 400],
  "HTTP/0.9": ["GET /v2/models/m\r\n\r\n", 400],
  "HTTP/9.9": ["GET /v2/models/m HTTP/9.9\r\nHost: x\r\n\r\n", 400, 505],
  "no HTTP at all": ["\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 hello\r\n\r\n", 400],
  "two hosts": [`${GET}Host: a\r\nHost: b\r\n\r\n`, 400],
  "a path as host": [`${GET}Host: x/v2/models/m/infer?\r\n\r\n`, 400],
  "credentials as host": [`${GET}Host: user:word@x\r\n\r\n`, 400],
  "a host with spaces": [`${GET}Host: a b\r\n\r\n`, 400],
  "an empty host": [`${GET}Host: \r\n\r\n`, 400],
  "a header of 100 kB": [`${GET}Host: x\r\nX-A: ${"a".repeat(100_000)}\r\n\r\n`, 400, 431],
  "5,000 headers": [`${GET}Host: x\r\n${"X-A: a\r\n".repeat(5_000)}\r\n`, 400, 431],
  "a URL of 9 kB": [`GET /${"a".repeat(9_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414],
  "a URL of 100 kB": [`GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 400, 414, 431],
  "chunks without a size": [`${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`, 400, CLOSED],
  "a chunk larger than any": [`${POST}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n`, 400, CLOSED],
  "a chunk that does not end": [`${POST}Transfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n`, 400, CLOSED],
  "a body larger than any": [`${POST}Content-Length: 999999999999999\r\n\r\n`, 413],
  "a length that no number holds": [`${POST}Content-Length: 99999999999999999999999\r\n\r\n`, 400, 413],
  "a gzip that is none": [`${POST}Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd`, 400],
  "a coding that nobody knows": [`${POST}Content-Encoding: br\r\nContent-Length: 4\r\n\r\nabcd`, 415],
  "JSON of 100,000 levels": [`${POST}Content-Length: 100000\r\n\r\n${"[".repeat(100_000)}`, 400],
  "JSON that breaks off": [`${POST}Content-Length: 10\r\n\r\n{"inputs":`, 400],
  "no JSON": [`${POST}Content-Length: 4\r\n\r\nnull`, 400],
  "a model above the models": [
    "POST /v2/models/..%2f..%2fetc%2fpasswd/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    404,
  ],
  "dots that go up": ["GET /v2/models/../../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400, 404],
  "dots that are encoded": ["GET /v2/models/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400, 404],
  "backslashes": ["GET /v2\\models\\..\\..\\etc HTTP/1.1\r\nHost: x\r\n\r\n", 400, 404],
  "an encoded NUL": ["GET /v2/models/m%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400, 404],
  "overlong UTF-8": ["GET /v2/models/%c0%ae%c0%ae HTTP/1.1\r\nHost: x\r\n\r\n", 400, 404],
  "a percent sign alone": ["GET /v2/models/% HTTP/1.1\r\nHost: x\r\n\r\n", 400, 404],
  "__proto__ as a model": ["GET /v2/models/__proto__ HTTP/1.1\r\nHost: x\r\n\r\n", 404],
  "constructor as an operation": [`${POST.replace("/infer", "/constructor")}Content-Length: 2\r\n\r\n{}`, 400],
  "another method": ["BREW /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 400, 405, 501],
  "CONNECT": ["CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400, 404, 405, CLOSED],
};

/** What may come behind a request. */
const BEHIND: Readonly<Record<string, string>> = {
  "gzip alone": `${POST}Transfer-Encoding: gzip\r\n\r\n`,
  "chunks without a size": `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n`,
  "no HTTP at all": "\x16\x03\x01 hello\r\n\r\n",
};

class Model extends ModelServer {
  predict({ inputs, parameters }: InferRequest): unknown[] {
    return [inputs.length, parameters ?? null];
  }
}

class Slow extends ModelServer {
  async predict(): Promise<unknown[]> {
    await new Promise((done) => setTimeout(done, 150));
    return ["done"];
  }
}

async function serve(isMutual: boolean) {
  const fn = serving("abused");
  const seen: string[] = [];
  fn.setTopology("flow")
    .to("see", (event: FlowEvent) => (seen.push(event.path), event), { fullEvent: true })
    .to("models", modelRouter()).respond().addRoute("m", Model).addRoute("slow", Slow);
  const tls = isMutual ? { tls: { ...SELF_SIGNED, clientCa: SELF_SIGNED.cert } } : {};
  const server = await fn.serve({ port: 0, log, ...tls, limits: { bodyTimeoutMs: 2_000 }, graceMs: 2_000 });
  const open = () => RawConnection.open(server.url, isMutual ? SELF_SIGNED : undefined);
  return { open, seen, [Symbol.asyncDispose]: () => server.close() };
}

/** Whether the server still answers as it should. */
async function isWell(open: () => Promise<RawConnection>): Promise<boolean> {
  using connection = await open();
  await connection.send(`${POST}Content-Length: 16\r\n\r\n{"inputs":[1,2]}`);
  const { status, body } = await connection.reply();
  return status === 200 && JSON.parse(body).outputs[0] === 2;
}

for (const [name, isMutual] of [["http", false], ["https with client certificates", true]] as const) {
  Deno.test(`fn.serve() over ${name} refuses what is no request, and answers the next`, async (t) => {
    await using server = await serve(isMutual);
    for (const [what, [bytes, ...statuses]] of Object.entries(REFUSED)) {
      await t.step(what, async () => {
        using connection = await server.open();
        await connection.send(bytes);
        const status = await connection.reply().then(({ status }) => status, () => CLOSED);
        ok(statuses.includes(status), `it answered ${status}, not ${statuses.join(" or ")}`);
        ok(await isWell(server.open));
      });
    }
    deepStrictEqual(server.seen.filter((path) => path.includes("smuggled")), []);
  });

  Deno.test(`fn.serve() over ${name} answers pipelined requests in order, and whoever leaves in between`, async () => {
    await using server = await serve(isMutual);
    using connection = await server.open();
    const ask = (inputs: string) => `${POST}Content-Length: ${inputs.length + 11}\r\n\r\n{"inputs":${inputs}}`;
    await connection.send(ask("[1]") + ask("[1,2]") + ask("[1,2,3]"));
    const answers = [await connection.reply(), await connection.reply(), await connection.reply()];
    deepStrictEqual(answers.map(({ body }) => JSON.parse(body).outputs[0]), [1, 2, 3]);
    for (const bytes of ["", "P", POST, `${POST}Content-Length: 16\r\n\r\n{"inp`, ask("[1]")]) {
      using leaver = await server.open();
      await leaver.send(bytes);
    }
    ok(await isWell(server.open));
  });

  Deno.test(`fn.serve() over ${name} answers a request whatever comes behind it`, async (t) => {
    await using server = await serve(isMutual);
    for (const [what, bytes] of Object.entries(BEHIND)) {
      await t.step(what, async () => {
        using connection = await server.open();
        await connection.send(`${POST.replace("/m/", "/slow/")}Content-Length: 14\r\n\r\n{"inputs":[1]}${bytes}`);
        const { status, body } = await connection.reply();
        deepStrictEqual([status, JSON.parse(body).outputs], [200, ["done"]]);
        const rest = await connection.rest();
        ok(/^$|^HTTP\/1\.1 (400|501) /.test(rest) && rest.split("HTTP/1.1").length <= 2, rest);
      });
    }
  });

  Deno.test(`fn.serve() over ${name} takes no prototype from bodies, paths or queries`, async () => {
    await using server = await serve(isMutual);
    const bodies = [
      '{"__proto__":{"polluted":1},"inputs":[1],"parameters":{"__proto__":{"polluted":1}}}',
      '{"constructor":{"prototype":{"polluted":1}},"inputs":[1]}',
      '{"inputs":[{"__proto__":{"polluted":1}}]}',
      '{"inputs":[1],"model":"__proto__"}',
      '{"inputs":[1],"operation":"__proto__"}',
    ];
    for (const body of bodies) {
      using connection = await server.open();
      await connection.send(
        `${POST.replace(" HTTP", "?__proto__[polluted]=1 HTTP")}Content-Length: ${body.length}\r\n\r\n${body}`,
      );
      ok([200, 400, 404].includes((await connection.reply()).status));
    }
    strictEqual(({} as { polluted?: number }).polluted, undefined);
    ok(await isWell(server.open));
  });
}

Deno.test("fn.serve() reads an absolute target by its path, ignores an upgrade, and takes a bare LF as some clients send it", async () => {
  await using server = await serve(false);
  for (
    const bytes of [
      `${GET.replace("/v2", "http://elsewhere:1/v2")}Host: x\r\n\r\n`,
      `${GET}Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      `${GET.replace("\r", "")}Host: x\n\n`,
    ]
  ) {
    using connection = await server.open();
    await connection.send(bytes);
    const { status, body } = await connection.reply();
    deepStrictEqual([status, JSON.parse(body).name], [200, "m"]);
  }
});
