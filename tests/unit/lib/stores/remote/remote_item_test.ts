import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { openItem } from "../../../../../lib/stores/data_item.ts";
import { gzip } from "../../../../support/archives.ts";
import { Secret } from "../../../../../lib/stores/secret.ts";
import { type Got, SELF_SIGNED, serveBytes, serveLoopback } from "../../../../support/loopback.ts";

const FAST = { backoffMs: 1, environment: () => undefined };
const TEXT = "0123456789";

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A file as a web server gives it, with ranges. */
function giveFile(got: Got): Response {
  return giveText(got, TEXT);
}

function giveText({ headers, method }: Got, text: string): Response {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.get("range") ?? "") ?? [];
  const common = {
    etag: `"${text.length}"`,
    "last-modified": "Mon, 02 Jan 2023 03:04:05 GMT",
    "accept-ranges": "bytes",
  };
  if (from === undefined) {
    return new Response(method === "HEAD" ? null : text, {
      headers: { ...common, "content-length": `${text.length}` },
    });
  }
  if (Number(from) >= text.length) {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${text.length}` } });
  }
  const end = Math.min(to === "" ? Infinity : Number(to) + 1, text.length);
  return new Response(text.slice(Number(from), end), {
    status: 206,
    headers: { ...common, "content-range": `bytes ${from}-${end - 1}/${text.length}` },
  });
}

Deno.test("RemoteItem.get() gives all bytes, or those of a range", async () => {
  await using server = serveLoopback(giveFile);
  const item = openItem(`${server.url}/a`, FAST);
  strictEqual(textOf(await item.get()), TEXT);
  strictEqual(textOf(await item.get({ from: 2, to: 4 })), "23");
  strictEqual(textOf(await item.get({ from: 8, to: 40 })), "89");
  strictEqual((await item.get({ from: 10, to: 40 })).length, 0);
  strictEqual((await item.get({ from: 3, to: 3 })).length, 0);
  await rejects(item.get({ from: 3, to: 2 }), RangeError);
  deepStrictEqual(server.got.map(({ headers }) => headers.get("range")), [
    null,
    "bytes=2-3",
    "bytes=8-39",
    "bytes=10-39",
  ]);
});

Deno.test("RemoteItem.get() cuts a range from a server that knows none", async () => {
  await using server = serveLoopback(() => new Response(TEXT));
  strictEqual(textOf(await openItem(server.url, FAST).get({ from: 2, to: 4 })), "23");
  strictEqual((await openItem(server.url, FAST).get({ from: 12, to: 14 })).length, 0);
});

Deno.test("RemoteItem.get() refuses another range than it asked for", async () => {
  await using server = serveLoopback(() =>
    new Response("01", { status: 206, headers: { "content-range": "bytes 0-1/10" } })
  );
  await rejects(openItem(server.url, { ...FAST, retries: 0 }).get({ from: 4, to: 6 }), {
    name: "StoreError",
    reason: "broken",
    message: `Cannot read "${server.url}/": the store gives bytes 0-1/10, not bytes from 4 on`,
  });
});

Deno.test("RemoteItem.stat() reads the headers, also where a server knows no HEAD", async () => {
  await using server = serveLoopback((got) =>
    got.path === "/get" && got.method === "HEAD" ? new Response(null, { status: 405 }) : giveFile(got)
  );
  const known = { kind: "file", bytes: 10, modified: new Date("2023-01-02T03:04:05Z"), version: '"10"' } as const;
  deepStrictEqual(await openItem(`${server.url}/head`, FAST).stat(), known);
  deepStrictEqual(await openItem(`${server.url}/get`, FAST).stat(), known);
});

Deno.test("RemoteItem.put() sends the bytes", async () => {
  await using server = serveLoopback(() => new Response(null, { status: 201 }));
  await openItem(`${server.url}/a`, FAST).put("new");
  deepStrictEqual(server.got.map(({ method, body }) => [method, body]), [["PUT", "new"]]);
});

Deno.test("RemoteItem.list() says where a store has no lists", async () => {
  await rejects(
    Array.fromAsync(openItem("http://127.0.0.1:9/a", FAST).list()),
    /^StoreError: Cannot list .* this kind of store has no lists/,
  );
});

const STATUSES = [
  [404, "missing", "there is nothing there (404)"],
  [410, "missing", "there is nothing there (410)"],
  [
    401,
    "forbidden",
    "the store does not let us (401). Give credentials in its URL (https://${USER}:${PASSWORD}@…, read as secrets) or as headers",
  ],
  [
    403,
    "forbidden",
    "the store does not let us (403). Give credentials in its URL (https://${USER}:${PASSWORD}@…, read as secrets) or as headers",
  ],
  [412, "changed", "it has changed meanwhile (412)"],
  [418, "refused", "the store answers 418"],
  [500, "unreachable", "the store fails (500)"],
  [501, "unreachable", "the store fails (501)"],
  [429, "unreachable", "the store is too busy (429)"],
] as const;

for (const [status, reason, state] of STATUSES) {
  Deno.test(`RemoteItem tells status ${status} as ${reason}`, async () => {
    await using server = serveLoopback(() => new Response("<p>a page that nobody reads</p>", { status }));
    await rejects(openItem(`${server.url}/a`, { ...FAST, retries: 1 }).get(), {
      name: "StoreError",
      reason,
      status,
      message: `Cannot read "${server.url}/a": ${state}`,
    });
    strictEqual(server.got.length, reason === "unreachable" && status !== 501 ? 2 : 1);
  });
}

Deno.test("RemoteItem tries again what may pass, and says so when it does not", async () => {
  let left = 2;
  await using server = serveLoopback((got) =>
    left-- > 0 ? new Response(null, { status: 503, headers: { "retry-after": "0" } }) : giveFile(got)
  );
  strictEqual(textOf(await openItem(server.url, { ...FAST, retries: 2 }).get()), TEXT);
  left = 2;
  await rejects(openItem(server.url, { ...FAST, retries: 1 }).get(), { reason: "unreachable", status: 503 });
  strictEqual(server.got.length, 5);
});

Deno.test("RemoteItem does not wait where a store wants a long pause", async () => {
  await using server = serveLoopback(() => new Response(null, { status: 503, headers: { "retry-after": "3600" } }));
  await rejects(openItem(server.url, FAST).get(), { reason: "unreachable" });
  strictEqual(server.got.length, 1);
});

Deno.test("RemoteItem tells a store that nobody answers for", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await rejects(openItem(`http://127.0.0.1:${port}/a`, { ...FAST, retries: 1 }).get(), {
    name: "StoreError",
    reason: "unreachable",
    message: new RegExp(`^Cannot read "http://127.0.0.1:${port}/a": .*[Cc]onnection refused`),
  });
});

Deno.test("RemoteItem goes on behind the last byte when a body breaks off, if it is the same version", async () => {
  const whole = "0123456789abcdef";
  const answer = (etag: string) => (got: Got, _request: Request) => {
    if (got.headers.has("range")) {
      const given = giveText(got, whole);
      return new Response(given.body, { status: 206, headers: { ...Object.fromEntries(given.headers), etag } });
    }
    let sent = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) return controller.error(new Error("gone"));
        sent = true;
        controller.enqueue(new TextEncoder().encode(whole.slice(0, 6)));
      },
    });
    return new Response(body, { headers: { etag: '"one"' } });
  };
  await using same = serveLoopback(answer('"one"'));
  strictEqual(textOf(await openItem(same.url, FAST).get()), whole);
  deepStrictEqual(same.got.map(({ headers }) => headers.get("range")), [null, "bytes=6-"]);
  await using other = serveLoopback(answer('"two"'));
  await rejects(openItem(other.url, FAST).get(), { reason: "changed", message: /it has changed while it was read/ });
});

Deno.test("RemoteItem refuses a body that ends before its length", async () => {
  await using server = serveBytes("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort", { closes: true });
  await rejects(openItem(server.url, { ...FAST, retries: 1 }).get(), (error: Error & { reason: string }) => {
    strictEqual(error.name, "StoreError");
    strictEqual(["unreachable", "broken"].includes(error.reason), true);
    return true;
  });
  await using chunked = serveBytes("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n", {
    closes: true,
  });
  await rejects(openItem(chunked.url, { ...FAST, retries: 0 }).get(), { name: "StoreError" });
});

Deno.test("RemoteItem takes no more than the length that was promised", async () => {
  await using server = serveBytes("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdefgh", { closes: true });
  strictEqual(textOf(await openItem(server.url, FAST).get()), "abc");
});

Deno.test("RemoteItem tells what is no HTTP", async () => {
  await using server = serveBytes("SSH-2.0-OpenSSH_9.6\r\n", { closes: true });
  await rejects(openItem(server.url, { ...FAST, retries: 0 }).get(), { name: "StoreError", reason: "unreachable" });
});

Deno.test("RemoteItem gives up where no byte comes, at the beginning and within", async () => {
  for (const bytes of ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"]) {
    await using server = serveBytes(bytes, { closes: false });
    await rejects(openItem(server.url, { ...FAST, timeoutMs: 200, retries: 0 }).get(), {
      name: "StoreError",
      reason: "timeout",
      message: `Cannot read "${server.url}/": no byte has come for 200 ms (timeoutMs)`,
    });
  }
});

Deno.test("RemoteItem ends when its signal aborts, and hangs up", async () => {
  const stop = new AbortController();
  await using server = serveBytes("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", { closes: false });
  const item = openItem(server.url, { ...FAST, signal: stop.signal });
  const reading = item.get();
  await server.asked;
  stop.abort(new Error("nobody wants it"));
  await rejects(reading, { message: "nobody wants it" });
  await server.hungUp;
  await rejects(item.get(), { message: "nobody wants it" });
});

Deno.test("RemoteItem.stream() is cancelled by who leaves it", async () => {
  await using server = serveBytes("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", { closes: false });
  for await (const chunk of await openItem(server.url, FAST).stream()) {
    strictEqual(textOf(chunk), "abc");
    break;
  }
  await server.hungUp;
});

Deno.test("RemoteItem follows redirects without the credentials of another origin", async () => {
  await using end = serveLoopback(giveFile);
  await using start = serveLoopback(({ path }) =>
    new Response(null, { status: 302, headers: { location: path === "/near" ? "/far" : `${end.url}/x` } })
  );
  const { host } = new URL(start.url);
  strictEqual(
    textOf(
      await openItem(`http://user:pass@${host}/near`, { ...FAST, headers: { "x-key": new Secret("K", "k") } }).get(),
    ),
    TEXT,
  );
  const seen = (got: Got[]) => got.map(({ headers }) => [headers.get("authorization"), headers.get("x-key")]);
  deepStrictEqual(seen(start.got), [["Basic dXNlcjpwYXNz", "k"], ["Basic dXNlcjpwYXNz", "k"]]);
  deepStrictEqual(seen(end.got), [[null, null]]);
});

Deno.test("RemoteItem follows no loop, and nothing but http and https", async () => {
  await using loop = serveLoopback(() =>
    new Response(null, { status: 301, headers: { location: "/again?token=hunter2" } })
  );
  await rejects(openItem(loop.url, FAST).get(), { reason: "refused", message: /it redirects more than 10 times$/ });
  await using file = serveLoopback(() =>
    new Response(null, { status: 301, headers: { location: "file:///etc/passwd" } })
  );
  await rejects(openItem(file.url, FAST).get(), /redirects to what is no http or https URL/);
});

Deno.test("RemoteItem does not trust a certificate that nobody vouches for", async () => {
  await using server = serveLoopback(giveFile, SELF_SIGNED);
  await rejects(openItem(server.url, FAST).get(), {
    name: "StoreError",
    reason: "refused",
    message: new RegExp(`^Cannot read "${server.url}/": its TLS certificate is not trusted`),
  });
});

Deno.test({
  name: "RemoteItem trusts caCerts, and goes from https to no http",
  sanitizeResources: false, // clients live as long as the program
  async fn() {
    await using plain = serveLoopback(giveFile);
    await using server = serveLoopback(
      (got) =>
        got.path === "/away"
          ? new Response(null, { status: 307, headers: { location: `${plain.url}/?sig=hunter2` } })
          : giveFile(got),
      SELF_SIGNED,
    );
    const options = { ...FAST, caCerts: [SELF_SIGNED.cert] };
    strictEqual(textOf(await openItem(`${server.url}/a`, options).get()), TEXT);
    await rejects(openItem(`${server.url}/away`, options).get(), {
      message: `Cannot read "${server.url}/away": it redirects from https to ${plain.url}/?…`,
    });
    strictEqual(plain.got.length, 0);
  },
});

Deno.test("RemoteItem reads what it is given as it lies there: no bytes are unpacked on the way", async () => {
  await using server = serveLoopback(giveFile);
  await openItem(server.url, FAST).get();
  strictEqual(server.got[0]!.headers.get("accept-encoding"), "identity");
});

const NONSENSE = [
  "",
  "{",
  "null",
  "[]",
  "7",
  '{"items":7}',
  '{"items":[null]}',
  '{"items":[{"name":7}]}',
  '{"prefixes":{}}',
  "<ListBucketResult>",
  "<r><EncodingType>url</EncodingType><Contents><Key>%zz</Key></Contents></r>",
  "\0\xff",
];

for (const uri of ["s3://bucket/d", "gs://bucket/d", "az://container/d"]) {
  Deno.test(`a store that answers nonsense about ${uri} is told as broken or empty, never as something else`, async () => {
    for (const text of NONSENSE) {
      await using server = serveLoopback(() => new Response(text, { headers: { "content-md5": "no base64 !" } }));
      const item = openItem(uri, { ...FAST, endpoint: server.url });
      for (const act of [() => Array.fromAsync(item.list()), () => item.stat()]) {
        const error = await act().then(() => undefined, (thrown: unknown) => thrown);
        if (error !== undefined) deepStrictEqual([text, (error as Error).name], [text, "StoreError"]);
      }
    }
  });

  Deno.test(`names that lead out of ${uri} are left out`, async () => {
    const keys = ["d/good", "d/", "d//etc/passwd", "d/../up", "d/..", "d/./x", "d/a/b", "other", "d/x\0y"];
    const xml = keys.map((key) => `<Contents><Key>${key}</Key></Contents><Blob><Name>${key}</Name></Blob>`).join("");
    const json = JSON.stringify({ items: keys.map((name) => ({ name })) });
    await using server = serveLoopback(() => new Response(uri.startsWith("gs:") ? json : `<r>${xml}</r>`));
    deepStrictEqual(await Array.fromAsync(openItem(uri, { ...FAST, endpoint: server.url }).list()), ["good"]);
  });
}

Deno.test("RemoteItem gives what was put packed as it lies, and refuses what a web server packs on the way", async () => {
  const packed = await gzip(new TextEncoder().encode(TEXT.repeat(100)));
  await using server = serveLoopback(({ method }) =>
    new Response(method === "HEAD" ? null : packed, {
      headers: { "content-encoding": "gzip", "content-length": `${packed.length}`, etag: '"1"' },
    })
  );
  const stored = openItem("s3://bucket/a", { ...FAST, endpoint: server.url });
  deepStrictEqual([await stored.get(), (await stored.stat()).bytes], [packed, packed.length]);
  await rejects(openItem(server.url, FAST).get(), {
    reason: "refused",
    message: `Cannot read "${server.url}/": the server packs it (gzip), though it was asked not to`,
  });
});

Deno.test("RemoteItem tells no secret of its URL, whatever happens", async () => {
  const secrets = ["hunter2", "sigvalue", "user1"];
  const texts: string[] = [];
  const keep = (error: Error) =>
    void texts.push(Deno.inspect(error), error.message, String(error.stack), String(error.cause));
  await using server = serveLoopback(({ path, headers }) =>
    new Response(`${path} ${headers.get("authorization")}`, { status: path.startsWith("/404") ? 404 : 403 })
  );
  await using noHttp = serveBytes("nonsense", { closes: true });
  for (
    const url of [
      server.url,
      `${server.url}/404`,
      noHttp.url,
      "http://127.0.0.1:9",
      "http://127.0.0.1:1",
    ]
  ) {
    const item = openItem(url.replace("//", "//user1:hunter2@") + "/x?sig=sigvalue#sigvalue", {
      ...FAST,
      retries: 0,
      timeoutMs: 2000,
    });
    texts.push(item.uri, Deno.inspect(item), JSON.stringify(item));
    await item.get().catch(keep);
    await item.stat().catch(keep);
    await item.put("x").catch(keep);
    await Array.fromAsync(item.list()).catch(keep);
  }
  for (
    const uri of [
      "ftp://user1:hunter2@host/x?sig=sigvalue",
      "http://user1:hunter2@[/",
      "s3://user1:hunter2@/x",
      "gs://user1:hun@ter2/x?hunter2",
    ]
  ) {
    try {
      openItem(uri, FAST);
    } catch (error) {
      keep(error as Error);
    }
  }
  deepStrictEqual(secrets.filter((secret) => texts.some((text) => text.includes(secret))), []);
});

Deno.test("RemoteItem refuses limits that are none", async () => {
  for (const options of [{ timeoutMs: 0 }, { timeoutMs: NaN }, { retries: -1 }, { retries: 1.5 }, { backoffMs: -1 }]) {
    await rejects(async () => await openItem("http://127.0.0.1/a", options).get(), RangeError);
  }
});
