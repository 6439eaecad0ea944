import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServe } from "../../../support/serve_process.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const HELLO = `import { serving } from "levada";
const fn = serving("hello");
fn.setTopology("flow").to("greet", (name: string) => "Hello, " + name).respond();
export default fn;
`;

/** Serves a module that holds this; gives what it wrote and its exit code, where it ends by itself. */
async function refusal(code: string, ...words: string[]): Promise<[code: number, err: string]> {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "module.ts");
  await Deno.writeTextFile(module, code);
  await using server = startServe([module, ...words]);
  return [await server.code, server.err().replaceAll(module, "MODULE")];
}

Deno.test("levada serve answers requests, says where, and ends with 0 when it is asked to", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "hello.ts");
  await Deno.writeTextFile(module, HELLO);
  await using server = startServe([module]);
  const response = await fetch(await server.url, {
    method: "POST",
    body: '"Ana"',
    headers: { "content-type": "application/json" },
  });
  strictEqual(await response.text(), "Hello, Ana");
  server.kill("SIGTERM");
  deepStrictEqual([await server.code, server.err()], [0, ""]);
  match(server.out(), /^Serving hello on http:\/\/127\.0\.0\.1:\d+ \(Ctrl-C ends it\)\nEnding.*\nEnded\.\n$/);
});

Deno.test("levada serve lives on when checks of a schema reject at the first request, each asked once", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "checked.ts");
  await Deno.writeTextFile(
    module,
    `import { serving } from "levada";
import { z } from "zod";
let asked = 0;
const has = (id: string) => { asked += 1; return id === "away" ? Promise.reject(new Error("the table is away")) : Promise.resolve(true); };
const input = z.object({ id: z.string().refine((id) => has(id)).refine((id) => has(id)) });
const output = z.union([z.number(), z.string().refine((text) => has(text))]);
const fn = serving("checked");
fn.setTopology("flow", { input, output }).to("asked", ({ id }) => id === "count" ? asked : "away").respond();
export default fn;
`,
  );
  await using server = startServe([module]);
  const ask = async (id: string) => {
    const response = await fetch(await server.url, {
      method: "POST",
      body: JSON.stringify({ id }),
      headers: { "content-type": "application/json" },
    });
    return [response.status, await response.json()] as const;
  };
  for (const [id, step] of [["away", "input"], ["x", "output"], ["away", "input"]] as const) {
    const [status, { error, step: failed }] = await ask(id);
    deepStrictEqual([status, error, failed], [500, "the table is away", step]);
  }
  deepStrictEqual(await ask("count"), [200, 2 + 3 + 2 + 2]);
  server.kill("SIGTERM");
  strictEqual(await server.code, 0);
});

Deno.test("levada serve says what is wrong with a module, in a sentence", async () => {
  const two = `${HELLO}export const a = serving("a"), b = serving("b");`.replace("export default fn;", "");
  const cases: [code: string, words: string[], expected: RegExp][] = [
    [
      "export const x = 1;",
      [],
      /^levada serve: Cannot serve MODULE: it exports no function, only x\. Export one: .*\n$/,
    ],
    [two, [], /^levada serve: Cannot serve MODULE: it exports 2 functions, a, b\. Choose one: --export a\n$/],
    [
      HELLO,
      ["--export", "x"],
      /^levada serve: Cannot serve MODULE: it has no export x\. Functions that it exports: default\n$/,
    ],
    [
      "throw new TypeError('the disk is on fire');",
      [],
      /^levada serve: Cannot load MODULE: TypeError: the disk is on fire\n.*MODULE/,
    ],
    [
      'import ms from "ms";',
      [],
      /^levada serve: Cannot load MODULE: it imports "ms", which is no name .*Say where .* "npm:ms@VERSION"\n$/,
    ],
    [
      HELLO.replace(".respond()", '.errorHandler("a").errorHandler("b").respond()'),
      [],
      /^levada serve: Cannot compile graph "hello": 2 faults\n( {2}step "greet": .*\n){2}$/,
    ],
  ];
  for (const [code, words, expected] of cases) {
    const [exit, err] = await refusal(code, ...words);
    match(err, expected);
    strictEqual(exit, 1);
  }
  await using server = startServe(["/nowhere/module.ts"]);
  deepStrictEqual([await server.code, server.err()], [
    1,
    "levada serve: Cannot serve /nowhere/module.ts: there is no such file\n",
  ]);
});

Deno.test("levada serve says who wants the port that is taken", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [code, err] = await refusal(HELLO, "--port", String(taken.addr.port));
  deepStrictEqual([code, err], [
    1,
    `levada serve: Cannot serve "hello" on 127.0.0.1:${taken.addr.port}: another program listens there. Stop it, or take another port; port 0 finds a free one\n`,
  ]);
});

Deno.test("levada serve answers wrong words with exit code 2", async () => {
  for (
    const words of [[], ["a.ts", "b.ts"], ["a.ts", "--port", "x"], ["a.ts", "--port", "70000"], ["a.ts", "--nope"]]
  ) {
    await using server = startServe(words);
    strictEqual(await server.code, 2, words.join(" "));
    match(server.err(), /^levada serve: .*\nSee `levada serve --help`\.\n$/);
  }
});

Deno.test("levada serve keeps the words of --token, --limit and --cors, and writes no secret down", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "hello.ts");
  await Deno.writeTextFile(module, HELLO);
  const words = ["--token", "MY_TOKEN", "--limit", "bodyLimitBytes=10", "--cors", "https://a.example"];
  await using server = startServe([module, ...words], { env: { MY_TOKEN: "s3cret-t0ken" } });
  const ask = async (authorization: string, body = "1") => {
    const headers = { authorization, origin: "https://a.example" };
    const response = await fetch(await server.url, { method: "POST", body, headers });
    return [response.status, response.headers.get("access-control-allow-origin"), await response.text()];
  };
  deepStrictEqual((await ask("Bearer s3cret-t0ken")).slice(0, 2), [200, "https://a.example"]);
  strictEqual((await ask("Bearer s3cret-t0ken", "0123456789a"))[0], 413);
  const [status, , told] = await ask("Bearer wrong");
  strictEqual(status, 401);
  const metrics = await fetch(`${await server.url}/metrics`, { headers: { authorization: "Bearer s3cret-t0ken" } });
  server.kill("SIGTERM");
  strictEqual(await server.code, 0);
  const written = `${told}${await metrics.text()}${server.out()}${server.err()}`;
  deepStrictEqual(["s3cret-t0ken", "wrong"].filter((secret) => written.includes(secret)), []);
});

Deno.test("levada serve says that a secret is missing, and where it was looked for", async () => {
  const [code, err] = await refusal(HELLO, "--token", "NOT_THERE");
  strictEqual(code, 1);
  match(err, /^levada serve: Cannot read secret "NOT_THERE": NOT_THERE and NOT_THERE_FILE are not set.*\n$/);
});

Deno.test("levada serve runs where Deno may read the two folders and listen, and nothing else", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "narrow.ts");
  await Deno.writeTextFile(module, HELLO.replace('"Hello, " + name', "Deno.readTextFileSync(name)"));
  for (const workers of [[], ["--workers", "2"]]) {
    const narrow = [`--allow-read=${ROOT},${folder.path}`, "--allow-net=127.0.0.1"];
    await using server = startServe([
      module,
      ...workers,
      ...workers.length === 0 ? [] : narrow.map((flag) => `--worker-flag=${flag}`),
    ], {
      flags: workers.length === 0 ? narrow : [...narrow, `--allow-run=${Deno.execPath()}`],
    });
    const ask = async (path: string) => await (await fetch(await server.url, { method: "POST", body: path })).text();
    strictEqual(await ask(module), await Deno.readTextFile(module));
    match(await ask("/etc/hostname"), /Requires read access to \\"\/etc\/hostname\\"/);
    strictEqual((await fetch(`${await server.url}/metrics`).then((response) => response.text())).length > 0, true);
    server.kill("SIGTERM");
    strictEqual(await server.code, 0);
    const lossy =
      "  requests may be lost when a worker is replaced: workers cannot tell the kernel who gets new connections. ";
    strictEqual(server.out().split(lossy).length - 1, workers.length === 0 ? 0 : 1);
    match(
      server.err(),
      /^\{[^\n]*"level":"error","message":"Step \\"greet\\" failed: Requires read access [^\n]*\}\n$/,
    );
  }
});

Deno.test("levada serve --workers says what a worker has to be told, where this process may not do everything", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "narrow.ts");
  await Deno.writeTextFile(module, HELLO);
  const flags = [`--allow-read=${ROOT},${folder.path}`, "--allow-net=127.0.0.1", `--allow-run=${Deno.execPath()}`];
  await using server = startServe([module, "--workers", "2"], { flags });
  deepStrictEqual([await server.code, server.err()], [
    2,
    "levada serve: --workers cannot hand on what this process may, since it has no --allow-read and no --allow-net without " +
    "bounds: say what each worker may, as this process was told it: --worker-flag=--allow-read=… --worker-flag=--allow-net=…\n" +
    "See `levada serve --help`.\n",
  ]);
});

Deno.test("levada serve says in a sentence that a host is none, alone and with workers", async () => {
  for (const words of [[], ["--workers", "2"]]) {
    const [code, err] = await refusal(HELLO, "--host", "", ...words);
    strictEqual(code, 1);
    match(
      err,
      /^levada serve: Cannot serve "hello" on :0: "" is no name or address\. [^\n]*\n(levada serve: worker 1 [^\n]*\n)?$/,
    );
  }
});

Deno.test("levada serve says what gRPC and mounted secrets need of Deno, where they may not have it", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "narrow.ts");
  await Deno.writeTextFile(module, HELLO);
  const flags = [`--allow-read=${ROOT},${folder.path}`, "--allow-net=127.0.0.1"];
  for (
    const [words, message] of [
      [["--grpc-port", "0"], /^levada serve: Cannot answer gRPC: .*--allow-env=GRPC_\*\n$/],
      [["--token", "NOWHERE"], /no file NOWHERE in (\S+) \(which Deno may not read: --allow-read=\1\)\n$/],
    ] as const
  ) {
    await using server = startServe([module, ...words], { flags });
    const code = await server.code;
    deepStrictEqual([code, message.test(server.err())], [1, true], server.err());
  }
});

Deno.test("levada serve writes lines of JSON alone where a reply that is text breaks off", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "breaks.ts");
  const step = 'async function* () { yield "a"; await Promise.resolve(); throw new Error("no https://u:pw@h/"); }';
  await Deno.writeTextFile(module, HELLO.replace(/\(name: [^]*\+ name/, step));
  await using server = startServe([module]);
  const response = await fetch(await server.url, { method: "POST", body: "x" });
  await rejects(response.text(), TypeError);
  server.kill("SIGTERM");
  strictEqual(await server.code, 0);
  const lines = server.err().trimEnd().split("\n").map((line) => JSON.parse(line) as { message: string });
  deepStrictEqual(lines.map(({ message }) => message), [
    'Step "greet" failed: no https://***@h/',
    "A streamed reply broke off",
  ]);
});

Deno.test("levada serve answers limits and secrets that cannot be with exit code 2", async () => {
  for (
    const [words, message] of [
      [["--limit", "maxCurrent=1"], /^levada serve: Cannot limit "maxCurrent": limits are maxConcurrent, /],
      [["--token", "a b"], /^levada serve: Cannot read secret "a b": a name has letters/],
      [["--cors", "not an origin"], /^levada serve: Cannot let pages of "not an origin" ask: an origin is like https/],
    ] as const
  ) {
    const [code, err] = await refusal(HELLO, ...words);
    deepStrictEqual([code, message.test(err)], [2, true], err);
  }
});
