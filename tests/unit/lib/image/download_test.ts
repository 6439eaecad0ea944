import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { download } from "../../../../lib/image/download.ts";
import { serveAnswers } from "../../../support/served_answers.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const BYTES = new TextEncoder().encode("the file");
const INTEGRITY = `sha512-${createHash("sha512").update(BYTES).digest("base64")}`;

Deno.test("download() takes a file from the first place that has it, keeps it, and fetches it again where that is damaged", async () => {
  await using cache = await temporaryFolder();
  await using server = serveAnswers((_, { pathname }) =>
    pathname === "/there" ? new Response(BYTES) : new Response("", { status: 404 })
  );
  const urls = [`http://${server.host}/gone?key=secret`, `http://${server.host}/there`];
  const file = { name: "a file", urls, integrity: INTEGRITY };
  deepStrictEqual(await download(file, { cache: cache.path }), BYTES);
  deepStrictEqual(await download(file, { cache: cache.path }), BYTES);
  deepStrictEqual(server.asked, ["GET /gone?key=secret", "GET /there"]);
  const [kept] = await Array.fromAsync(Deno.readDir(join(cache.path, "files")));
  await Deno.writeTextFile(join(cache.path, "files", kept!.name), "damaged");
  deepStrictEqual(await download(file, { cache: cache.path }), BYTES);
  strictEqual(server.asked.length, 4);
});

Deno.test("download() tells of each place why it is not to be had there, without what may be secret, and keeps nothing", async () => {
  await using cache = await temporaryFolder();
  await using server = serveAnswers((_, { pathname }) =>
    pathname === "/other"
      ? new Response("another file")
      : new Response("", { status: pathname === "/busy" ? 503 : 403 })
  );
  const urls = ["/other?key=secret", "/forbidden", "/busy"].map((path) => `http://${server.host}${path}`);
  const thrown = await download({ name: "a file", urls, integrity: INTEGRITY }, { cache: cache.path }).catch((error) =>
    error
  );
  const hash = createHash("sha512").update(BYTES).digest("hex");
  strictEqual(
    thrown.message,
    `Cannot fetch a file:\n  http://${server.host}/other: it is another file, of 12 bytes: its sha512 is not ${hash}\n` +
      `  http://${server.host}/forbidden: it answers 403\n  http://${server.host}/busy: it answers 503`,
  );
  strictEqual(server.asked.filter((line) => line === "GET /busy").length, 3);
  deepStrictEqual(await Array.fromAsync(Deno.readDir(cache.path)), []);
});

Deno.test("download() refuses a pin that says no hash", async () => {
  for (const integrity of ["", "md5-abc", "sha512-", "sha512-a b"]) {
    await rejects(download({ name: "a file", urls: [], integrity }, { cache: "/nowhere" }), {
      name: "ImageError",
      message: /is pinned by/,
    });
  }
});

Deno.test("download() takes no more of a file than it may have", async () => {
  await using cache = await temporaryFolder();
  await using server = serveAnswers(() => new Response(BYTES));
  const file = { name: "a file", urls: [`http://${server.host}/large`], integrity: INTEGRITY };
  await rejects(download(file, { cache: cache.path, most: BYTES.length - 1 }), {
    message: /\/large: it has more than 7 bytes$/,
  });
  deepStrictEqual(await download(file, { cache: cache.path, most: BYTES.length }), BYTES);
});
