import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { Checksum } from "../../../../../lib/stores/cache/checksum.ts";
import { StoreCache } from "../../../../../lib/stores/cache/store_cache.ts";
import { openItem } from "../../../../../lib/stores/data_item.ts";
import { type Got, serveBytes, serveLoopback } from "../../../../support/loopback.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const ITEM = { backoffMs: 1, retries: 1, environment: () => undefined };
const ROOT = new URL("../../../../../", import.meta.url);

async function sha256(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}

function file(text: () => string, headers: Record<string, string> = {}): (got: Got) => Response {
  return ({ method }) =>
    new Response(method === "HEAD" ? null : text(), {
      headers: { etag: `"${text()}"`, "content-length": `${text().length}`, ...headers },
    });
}

function methods(got: Got[]): string[] {
  return got.splice(0).map(({ method }) => method);
}

Deno.test("StoreCache.fetch() fetches once, and asks whether it has changed", async () => {
  await using folder = await temporaryFolder();
  let text = "one";
  await using server = serveLoopback(file(() => text));
  const cache = new StoreCache({ folder: folder.path, item: ITEM });
  const path = await cache.fetch(`${server.url}/m/iris.onnx?sig=hunter2`);
  strictEqual(path, `${folder.path}/stores/content/${await sha256("one")}/iris.onnx`);
  strictEqual(await Deno.readTextFile(path), "one");
  deepStrictEqual(methods(server.got), ["HEAD", "GET"]);
  strictEqual(
    await new StoreCache({ folder: folder.path, item: ITEM }).fetch(`${server.url}/m/iris.onnx?sig=hunter2`),
    path,
  );
  deepStrictEqual(methods(server.got), ["HEAD"]);
  text = "two!";
  strictEqual(await Deno.readTextFile(await cache.fetch(`${server.url}/m/iris.onnx?sig=hunter2`)), "two!");
  deepStrictEqual(methods(server.got), ["HEAD", "GET"]);
  strictEqual(await Deno.readTextFile(path), "one"); // whoever has it open keeps it
});

Deno.test("StoreCache writes no secret of a URL to the disk", async () => {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(file(() => "one"));
  await new StoreCache({ folder: folder.path, item: ITEM }).fetch(
    `${server.url.replace("//", "//user1:hunter2@")}/a?sig=sigvalue`,
  );
  const texts: string[] = [];
  for (const room of ["index", "content"]) {
    for await (const { name } of Deno.readDir(`${folder.path}/stores/${room}`)) {
      texts.push(name);
      if (name.endsWith(".json")) texts.push(await Deno.readTextFile(`${folder.path}/stores/${room}/${name}`));
    }
  }
  strictEqual(/user1|hunter2|sigvalue/.test(texts.join("\n")), false);
});

Deno.test("StoreCache.fetch() goes by Last-Modified where there is no ETag, and fetches anew where there is neither", async () => {
  await using folder = await temporaryFolder();
  await using dated = serveLoopback(({ method }) =>
    new Response(method === "HEAD" ? null : "x", {
      headers: { "last-modified": "Mon, 02 Jan 2023 03:04:05 GMT", "content-length": "1" },
    })
  );
  await using plain = serveLoopback(({ method }) => new Response(method === "HEAD" ? null : "x"));
  const cache = new StoreCache({ folder: folder.path, item: ITEM });
  for (const server of [dated, plain]) {
    await cache.fetch(`${server.url}/a`);
    await cache.fetch(`${server.url}/a`);
  }
  deepStrictEqual([methods(dated.got), methods(plain.got)], [["HEAD", "GET", "HEAD"], [
    "HEAD",
    "GET",
    "GET",
    "HEAD",
    "GET",
    "GET",
  ]]);
});

Deno.test("StoreCache.fetch() does not ask for what has the checksum", async () => {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(file(() => "one"));
  const cache = new StoreCache({ folder: folder.path, item: ITEM });
  const checksum = new Checksum(`sha256:${await sha256("one")}`);
  await cache.fetch(`${server.url}/a`, checksum);
  methods(server.got);
  await cache.fetch(`${server.url}/a`, checksum);
  deepStrictEqual(methods(server.got), []);
  await rejects(cache.fetch(`${server.url}/a`, new Checksum("md5:00000000000000000000000000000000")), {
    name: "StoreError",
    reason: "broken",
    message:
      `Cannot fetch "${server.url}/a": its md5 is f97c5d29941bfb1b2fdab0874906ab82, and it should be 00000000000000000000000000000000`,
  });
});

Deno.test("StoreCache.fetch() gives what is kept where the store breaks off or gives too little", async () => {
  await using folder = await temporaryFolder();
  let [text, length] = ["whole", 5];
  await using server = serveLoopback(({ method }) =>
    method === "HEAD" ? new Response(null, { headers: { "content-length": `${length}` } }) : new Response(text)
  );
  const told: string[] = [];
  const cache = new StoreCache({ folder: folder.path, item: ITEM, say: (_, text) => void told.push(text) });
  const path = await cache.fetch(`${server.url}/a`);
  [text, length] = ["hal", 4];
  strictEqual(await cache.fetch(`${server.url}/a`), path);
  strictEqual(/3 bytes, and the store said 4\. What is kept of it serves$/.test(told.at(-1)!), true, told.at(-1));
  await rejects(cache.fetch(`${server.url}/b`), { name: "StoreError", reason: "broken" });
});

Deno.test("StoreCache.before() gives back what was kept before, and the store is asked anew", async () => {
  await using folder = await temporaryFolder();
  let text = "good";
  await using server = serveLoopback(file(() => text));
  const open = () => new StoreCache({ folder: folder.path, item: ITEM });
  const uri = `${server.url}/a`;
  const good = await open().fetch(uri);
  strictEqual(await open().before(uri), undefined);
  for (text of ["bad", "bad", "worse"]) {
    await open().fetch(uri);
    strictEqual(await open().before(uri), good, "however often it is bad");
    strictEqual(await open().before(uri), undefined, "it is what is kept now");
  }
  text = "better";
  strictEqual(await Deno.readTextFile(await open().fetch(uri)), "better");
  await Deno.writeTextFile(good, "goo");
  strictEqual(await open().before(uri), undefined, "what is not whole");
});

Deno.test("StoreCache.fetch() never gives what is broken: it fetches anew", async () => {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(file(() => "whole"));
  const told: string[] = [];
  const cache = new StoreCache({
    folder: folder.path,
    item: ITEM,
    say: (level, text) => told.push(`${level}: ${text}`),
  });
  const path = await cache.fetch(`${server.url}/a`);
  const [index] = (await Array.fromAsync(Deno.readDir(`${folder.path}/stores/index`))).filter(({ name }) =>
    name.endsWith(".json")
  );
  const indexPath = `${folder.path}/stores/index/${index!.name}`;
  const good = await Deno.readTextFile(indexPath);
  for (const text of ["whol", "wholE", "", "whole and more"]) {
    await Deno.writeTextFile(path, text);
    strictEqual(await Deno.readTextFile(await cache.fetch(`${server.url}/a`)), "whole");
  }
  strictEqual(told.length, 4);
  strictEqual(told[0], `warn: what is kept of "${server.url}/a" is broken: it is fetched anew`);
  for (
    const text of [
      "",
      "{",
      "[]",
      "null",
      "{}",
      '{"sha256":"../../../etc","name":"passwd"}',
      good.replace('"a"', '"../../x"'),
    ]
  ) {
    await Deno.writeTextFile(indexPath, text);
    strictEqual(await Deno.readTextFile(await cache.fetch(`${server.url}/a`)), "whole");
  }
  await Deno.remove(path);
  strictEqual(await Deno.readTextFile(await cache.fetch(`${server.url}/a`)), "whole");
});

Deno.test("StoreCache.fetch() leaves nothing of a download that breaks off", async () => {
  await using folder = await temporaryFolder();
  await using server = serveBytes("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort", { closes: true });
  const cache = new StoreCache({ folder: folder.path, item: { ...ITEM, retries: 0 } });
  await rejects(cache.fetch(`${server.url}/a`), { name: "StoreError" });
  deepStrictEqual(await Array.fromAsync(Deno.readDir(`${folder.path}/stores/halves`)), []);
  await rejects(Deno.stat(`${folder.path}/stores/content`), Deno.errors.NotFound);
});

Deno.test("StoreCache.fetch() begins anew where a download breaks off and its store tells no version", async () => {
  await using folder = await temporaryFolder();
  let breaks = 1;
  await using server = serveLoopback(({ method }) => {
    if (method === "HEAD" || breaks-- <= 0) {
      return new Response(method === "HEAD" ? null : "whole", { headers: { "content-length": "5" } });
    }
    let pulls = 0;
    return new Response(
      new ReadableStream({
        pull: (controller) =>
          pulls++ === 0 ? controller.enqueue(new TextEncoder().encode("wh")) : controller.error(new Error("gone")),
      }),
    );
  });
  const told: string[] = [];
  const cache = new StoreCache({
    folder: folder.path,
    item: { ...ITEM, retries: 0 },
    say: (_, text) => told.push(text),
  });
  strictEqual(await Deno.readTextFile(await cache.fetch(`${server.url}/a`)), "whole");
  strictEqual(told.length, 1);
  breaks = 3;
  await rejects(cache.fetch(`${server.url}/b`), { name: "StoreError", reason: "unreachable" });
  breaks = 3;
  strictEqual(await Deno.readTextFile(await cache.fetch(`${server.url}/a`)), "whole", "what is kept serves");
});

Deno.test("StoreCache.fetch() refuses another length than the store said, and another MD5", async () => {
  await using folder = await temporaryFolder();
  const cache = new StoreCache({ folder: folder.path, item: ITEM });
  await using server = serveLoopback(({ method }) =>
    new Response(method === "HEAD" ? null : "abcdef", { headers: method === "HEAD" ? { "content-length": "4" } : {} })
  );
  await rejects(cache.fetch(`${server.url}/a`), { reason: "broken", message: /it has 6 bytes, and the store said 4$/ });
  await using s3 = serveLoopback(({ method }) =>
    new Response(method === "HEAD" ? null : "changed", {
      headers: { etag: '"5eb63bbbe01eeed093cb22bb8f5acdc3"', "content-length": "7" },
    })
  );
  const inS3 = new StoreCache({ folder: folder.path, item: { ...ITEM, endpoint: s3.url } });
  await rejects(inS3.fetch("s3://bucket/a"), {
    reason: "broken",
    message: /its MD5 is [0-9a-f]{32}, and the store said 5eb63bbbe01eeed093cb22bb8f5acdc3$/,
  });
});

Deno.test("StoreCache.fetch() serves what is kept where the store is away, and not where it is gone", async () => {
  await using folder = await temporaryFolder();
  const told: string[] = [];
  let status = 200;
  await using server = serveLoopback((got) => status === 200 ? file(() => "one")(got) : new Response(null, { status }));
  const cache = new StoreCache({ folder: folder.path, item: ITEM, say: (_, text) => told.push(text) });
  const path = await cache.fetch(`${server.url}/a`);
  status = 503;
  strictEqual(await cache.fetch(`${server.url}/a`), path);
  deepStrictEqual(told, [`Cannot look at "${server.url}/a": the store fails (503). What is kept of it serves`]);
  for (status of [404, 403]) {
    await rejects(new StoreCache({ folder: folder.path, item: ITEM }).fetch(`${server.url}/a`), {
      name: "StoreError",
      status,
    });
  }
});

Deno.test("StoreCache.fetch() has a file on the disk before it is found", async () => {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(file(() => "one"));
  const known: string[][] = [];
  const { sync } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.sync = async function () {
    await sync.call(this);
    const found = await Array.fromAsync(Deno.readDir(`${folder.path}/stores/content`)).catch(() => []);
    known.push(found.map(({ name }) => name));
  };
  try {
    const path = await new StoreCache({ folder: folder.path, item: ITEM }).fetch(`${server.url}/m`);
    deepStrictEqual([await Deno.readTextFile(path), known], ["one", [[]]]);
  } finally {
    Deno.FsFile.prototype.sync = sync;
  }
});

/** How each store is told where it is, and who asks; what it sends from there. */
const PLACES: readonly (readonly [uri: string, at: (url: string, account: string) => Record<string, string>])[] = [
  ["s3://models/iris.onnx", (url, account) => ({
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: "s",
  })],
  ["gs://models/iris.onnx", (url) => ({ STORAGE_EMULATOR_HOST: url })],
  ["v3io:///models/iris.onnx", (url) => ({ V3IO_API: url })],
  ["az://models/iris.onnx", (url, account) => ({
    AZURE_STORAGE_CONNECTION_STRING: `BlobEndpoint=${url};AccountName=${account}`,
  })],
  ["store://models/p/iris", (url) => ({ MLRUN_DBPATH: url })],
];

for (const [uri, at] of PLACES) {
  Deno.test(`StoreCache.fetch() gives nothing of another endpoint where its own is away: ${uri}`, async () => {
    await using folder = await temporaryFolder();
    const answer = (text: string) => ({ method, path }: Got) => {
      if (path.includes("/artifacts/")) return Response.json({ spec: { target_path: `memory://place/${text}` } });
      if (path.startsWith("/storage/") && !path.includes("alt=media")) {
        return Response.json({ size: `${text.length}`, generation: text });
      }
      const headers = { etag: `"${text}"`, "content-length": `${text.length}`, "x-goog-generation": text };
      return new Response(method === "HEAD" ? null : text, { headers });
    };
    for (const text of ["dev", "prod"]) await openItem(`memory://place/${text}`).put(text);
    await using dev = serveLoopback(answer("dev"));
    await using prod = serveLoopback(answer("prod"));
    const closed = serveLoopback(answer("gone"));
    await closed[Symbol.asyncDispose]();
    const fetched = async (url: string, account = "a") => {
      const settings = at(url, account);
      const environment = (name: string) => settings[name];
      const path = await new StoreCache({ folder: folder.path, item: { ...ITEM, environment } }).fetch(uri);
      return await Deno.readTextFile(path);
    };
    strictEqual(await fetched(dev.url), "dev");
    await rejects(fetched(closed.url), { name: "StoreError", reason: "unreachable" });
    strictEqual(await fetched(prod.url), "prod");
    strictEqual(await fetched(dev.url), "dev");
    const before = dev.got.length;
    strictEqual(await fetched(dev.url, "b"), "dev");
    const isFetched = dev.got.slice(before).some(({ method, path }) =>
      method === "GET" && path.includes("models/iris")
    );
    strictEqual(isFetched, /^(s3|az):/.test(uri), "what another account asks for is fetched anew");
  });
}

Deno.test("StoreCache.fetch() keeps apart what users of a web server see", async () => {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(({ method, headers }) => {
    const text = atob(headers.get("authorization")!.slice("Basic ".length)).split(":")[0]!;
    return new Response(method === "HEAD" ? null : text, {
      headers: { etag: '"1"', "content-length": `${text.length}` },
    });
  });
  const fetched = async (USER: string, PASSWORD = "p") => {
    const settings: Record<string, string> = { USER, PASSWORD };
    const item = { ...ITEM, environment: (name: string) => settings[name] };
    const uri = server.url.replace("//", "//${USER}:${PASSWORD}@");
    return await Deno.readTextFile(await new StoreCache({ folder: folder.path, item }).fetch(`${uri}/m.onnx`));
  };
  deepStrictEqual([await fetched("ada"), await fetched("bob"), await fetched("ada")], ["ada", "bob", "ada"]);
  deepStrictEqual(methods(server.got), ["HEAD", "GET", "HEAD", "GET", "HEAD"]);
  await fetched("ada", "another");
  deepStrictEqual(methods(server.got), ["HEAD"], "another password is the same user");
});

for (
  const [name, said, given] of [
    ["tag", { etag: '"v2"' }, { etag: '"v1"' }],
    ["time", { "last-modified": "Tue, 03 Jan 2023 00:00:00 GMT" }, {
      "last-modified": "Mon, 02 Jan 2023 00:00:00 GMT",
    }],
  ] as const
) {
  Deno.test(`StoreCache.fetch() keeps old bytes under their own version where a store said a newer: ${name}`, async () => {
    await using folder = await temporaryFolder();
    let text = "old";
    await using server = serveLoopback(({ method }) => {
      const headers: Record<string, string> = {
        ...(method === "GET" && text === "old" ? given : said),
        "content-length": "3",
      };
      return new Response(method === "HEAD" ? null : text, { headers });
    });
    const warned: string[] = [];
    const say = (_: string, message: string) => void warned.push(message);
    const fetched = async () =>
      await Deno.readTextFile(await new StoreCache({ folder: folder.path, item: ITEM, say }).fetch(`${server.url}/m`));
    strictEqual(await fetched(), "old");
    strictEqual(/is another version than its store says/.test(warned[0] ?? ""), true);
    text = "new";
    strictEqual(await fetched(), "new");
    methods(server.got);
    strictEqual(await fetched(), "new");
    deepStrictEqual(methods(server.got), ["HEAD"]);
  });
}

Deno.test("StoreCache.fetch() takes a weak tag for the same", async () => {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(({ method }) =>
    new Response(method === "HEAD" ? null : "x", {
      headers: { etag: method === "HEAD" ? '"v"' : 'W/"v"', "content-length": "1" },
    })
  );
  const cache = new StoreCache({ folder: folder.path, item: ITEM });
  await cache.fetch(`${server.url}/m`);
  await cache.fetch(`${server.url}/m`);
  deepStrictEqual(methods(server.got), ["HEAD", "GET", "HEAD"]);
});

for (const given of [{}, { "last-modified": "Mon, 02 Jan 2023 00:00:00 GMT" }] as Record<string, string>[]) {
  Deno.test(`StoreCache.fetch() keeps bytes that come without a version under none: ${Object.keys(given)}`, async () => {
    await using folder = await temporaryFolder();
    let [text, said] = ["old", '"v1"'];
    await using server = serveLoopback(({ method }) => {
      const headers: Record<string, string> = {
        ...(method === "HEAD" ? { etag: said } : given),
        "content-length": "3",
      };
      return new Response(method === "HEAD" ? null : text, { headers });
    });
    const told: string[] = [];
    const say = (level: string, message: string) => void told.push(`${level}: ${message}`);
    const fetched = async () =>
      await Deno.readTextFile(await new StoreCache({ folder: folder.path, item: ITEM, say }).fetch(`${server.url}/m`));
    strictEqual(await fetched(), "old");
    said = '"v2"';
    strictEqual(await fetched(), "old", "half published");
    text = "new";
    strictEqual(await fetched(), "new", "all is published");
    strictEqual(
      /^info: .*comes without the version that its store says: it will be asked again$/.test(told.at(-1)!),
      true,
    );
    deepStrictEqual(methods(server.got), ["HEAD", "GET", "HEAD", "GET", "HEAD", "GET"]);
  });
}

Deno.test("StoreCache.fetch() of the same thing at the same time fetches once", async () => {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(file(() => "one"));
  const paths = await Promise.all(
    Array.from({ length: 8 }, () => new StoreCache({ folder: folder.path, item: ITEM }).fetch(`${server.url}/a`)),
  );
  strictEqual(new Set(paths).size, 1);
  strictEqual(methods(server.got).filter((method) => method === "GET").length, 1);
});

Deno.test("StoreCache.fetch() of several processes fetches once, and all see it whole", async () => {
  await using folder = await temporaryFolder();
  const text = "0123456789".repeat(50_000);
  await using server = serveLoopback(({ method }) =>
    new Response(method === "HEAD" ? null : text, { headers: { etag: '"1"', "content-length": `${text.length}` } })
  );
  const code = `import { StoreCache } from ${JSON.stringify(new URL("lib/stores/cache/store_cache.ts", ROOT).href)};
    const path = await new StoreCache({ folder: Deno.args[0] }).fetch(Deno.args[1]);
    console.log((await Deno.readTextFile(path)).length);`;
  const program = `${folder.path}/fetch.ts`;
  await Deno.writeTextFile(program, code);
  const config = new URL("deno.json", ROOT).pathname;
  const outputs = await Promise.all(
    Array.from({ length: 4 }, () =>
      new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--no-lock",
          "--no-check",
          `--config=${config}`,
          "-A",
          program,
          `${folder.path}/cache`,
          `${server.url}/big`,
        ],
      }).output()),
  );
  deepStrictEqual(outputs.map(({ stdout }) => new TextDecoder().decode(stdout).trim()), Array(4).fill("500000"));
  strictEqual(methods(server.got).filter((method) => method === "GET").length, 1);
});

Deno.test("StoreCache.fetch() gives nothing of what a killed process has begun", async () => {
  await using folder = await temporaryFolder();
  const begun = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  let isFirst = true;
  await using server = serveLoopback(({ method }) => {
    const headers = { etag: '"1"', "content-length": "200000" };
    if (method === "HEAD") return new Response(null, { headers });
    if (!isFirst) return new Response("x".repeat(200_000), { headers });
    isFirst = false;
    let pulls = 0;
    return new Response(
      new ReadableStream({
        async pull(controller) {
          if (pulls++ === 0) return controller.enqueue(new Uint8Array(100_000));
          begun.resolve();
          await open.promise;
          controller.close();
        },
      }),
    );
  });
  const program = `${folder.path}/fetch.ts`;
  const cache = `${folder.path}/cache`;
  await Deno.writeTextFile(
    program,
    `import { StoreCache } from ${JSON.stringify(new URL("lib/stores/cache/store_cache.ts", ROOT).href)};
    await new StoreCache({ folder: Deno.args[0] }).fetch(Deno.args[1]);`,
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-lock",
      "--no-check",
      `--config=${new URL("deno.json", ROOT).pathname}`,
      "-A",
      program,
      cache,
      `${server.url}/a`,
    ],
  }).spawn();
  await begun.promise;
  child.kill("SIGKILL");
  await child.status;
  open.resolve();
  const path = await new StoreCache({ folder: cache, item: ITEM }).fetch(`${server.url}/a`);
  strictEqual(await Deno.readTextFile(path), "x".repeat(200_000));
  deepStrictEqual((await Array.fromAsync(Deno.readDir(`${cache}/stores/content`))).length, 1);
});

Deno.test("StoreCache.fetch() needs no more than the store's host and the cache's folder", async () => {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(file(() => "one"));
  const program = `${folder.path}/fetch.ts`;
  const cache = `${folder.path}/cache`;
  await Deno.writeTextFile(
    program,
    `import { StoreCache } from ${JSON.stringify(new URL("lib/stores/cache/store_cache.ts", ROOT).href)};
    console.log(await new StoreCache({ folder: Deno.args[0] }).fetch(Deno.args[1]));`,
  );
  const run = async (place: string, ...permissions: string[]) => {
    const config = `--config=${new URL("deno.json", ROOT).pathname}`;
    const args = [
      "run",
      "--no-lock",
      "--no-check",
      "--no-prompt",
      config,
      ...permissions,
      program,
      place,
      `${server.url}/a`,
    ];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  const net = `--allow-net=${new URL(server.url).host}`;
  const [read, write] = [`--allow-read=${cache},${cache}2`, `--allow-write=${cache}`];
  strictEqual((await run(cache, net, read, write)).trim().endsWith("/a"), true);
  strictEqual((await run(cache, net, read)).trim().endsWith("/a"), true); // what is kept needs nothing to be written
  strictEqual(/Requires net access/.test(await run(cache, read, write)), true);
  strictEqual(/Requires write access/.test(await run(`${cache}2`, net, read)), true);
});

Deno.test("StoreCache.fetch() refuses what is larger than the cache, and removes what was not used for long", async () => {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(({ path, method }) =>
    new Response(method === "HEAD" ? null : path.repeat(100), { headers: { etag: `"${path}"` } })
  );
  const small = new StoreCache({ folder: folder.path, limitBytes: 100, item: ITEM });
  await rejects(small.fetch(`${server.url}/a`), {
    reason: "refused",
    message: /has \d+ bytes or more, and the cache takes 100 \(LEVADA_CACHE_BYTES\)/,
  });
  const cache = new StoreCache({ folder: folder.path, limitBytes: 500, item: ITEM });
  const paths: string[] = [];
  for (const [index, name] of ["a", "b", "c"].entries()) {
    paths.push(await cache.fetch(`${server.url}/${name}`));
    const long = new Date(Date.now() - 7_200_000 + index * 1000);
    await Deno.utime(paths[index]!.replace(/\/[^/]*$/, ""), long, long);
  }
  const left = async () => (await Promise.all(paths.map((path) => Deno.stat(path).then(() => 1, () => 0)))).join("");
  strictEqual(await left(), "011");
  await cache.fetch(`${server.url}/b`); // used again: the next to go is c
  paths.push(await cache.fetch(`${server.url}/d`));
  strictEqual(await left(), "0101");
  paths.push(await cache.fetch(`${server.url}/e`)); // what was used within the hour stays
  strictEqual(await left(), "01011");
});

Deno.test("StoreCache tells how far a long download is", async () => {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(({ method }) =>
    new Response(method === "HEAD" ? null : "x".repeat(300_000), { headers: { "content-length": "300000" } })
  );
  const told: string[] = [];
  const cache = new StoreCache({
    folder: folder.path,
    item: ITEM,
    progressMs: 0,
    say: (level, text) => told.push(`${level}: ${text}`),
  });
  await cache.fetch(`${server.url}/a?sig=hunter2`);
  strictEqual(told.at(-1), `info: fetches "${server.url}/a?…": 0.3 of 0.3 MB`);
});

Deno.test("StoreCache takes a file's name that leads nowhere", async () => {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(file(() => "one"));
  const cache = new StoreCache({ folder: folder.path, item: ITEM });
  for (
    const [path, name] of [["/", "127.0.0.1"], ["/..%2f..%2fx", "_%2f..%2fx"], ["/a%00b", "a_00b"], [
      "/.hidden",
      "_hidden",
    ], [`/${"x".repeat(300)}.onnx`, ".onnx"]]
  ) {
    const found = await cache.fetch(server.url + path);
    strictEqual(found.startsWith(`${folder.path}/stores/content/${await sha256("one")}/`), true);
    strictEqual(found.split("/").length, `${folder.path}/stores/content/x/y`.split("/").length);
    if (name === ".onnx") strictEqual(found.endsWith("x.onnx"), true);
  }
});

Deno.test("StoreCache.fetch() keeps what lies in memory too", async () => {
  await using folder = await temporaryFolder();
  await openItem("memory://store_cache_test/a").put("text");
  strictEqual(
    await Deno.readTextFile(
      await new StoreCache({ folder: folder.path, item: ITEM }).fetch("memory://store_cache_test/a"),
    ),
    "text",
  );
  await openItem("memory://store_cache_test/d/a").put("text");
  await rejects(
    new StoreCache({ folder: folder.path, item: ITEM }).fetch("memory://store_cache_test/d"),
    /it is a directory/,
  );
});

Deno.test("StoreCache refuses a limit that is none, and a cache without a place", () => {
  throws(
    () => new StoreCache({ folder: "/x", item: { environment: () => "20GB" } }),
    /LEVADA_CACHE_BYTES: it is "20GB"/,
  );
  throws(() => new StoreCache({ item: ITEM }), /neither LEVADA_CACHE nor HOME can be read/);
});
