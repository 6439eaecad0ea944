import { match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { packBundle } from "../../../../../lib/bundle/bundle_archive.ts";
import { MANIFEST, revisionOf } from "../../../../../lib/bundle/bundle.ts";
import { fetchBundle } from "../../../../../lib/cli/serving/fetch_bundle.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const FILES = new Map([[
  MANIFEST,
  new TextEncoder().encode(JSON.stringify({ levada: "bundle/1", name: "shop", files: {} })),
]]);

Deno.test("fetchBundle() keeps what is the revision; nothing, no bundle and another are told, and leave no file", async () => {
  await using folder = await temporaryFolder();
  const packed = await packBundle({ files: FILES });
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/none") return new Response(null, { status: 404 });
    return new Response(pathname === "/text" ? "no archive" : packed);
  });
  const output = join(folder.path, "bundle.tar.gz");
  const fetched = (path: string, revision: string) =>
    fetchBundle(`http://127.0.0.1:${server.addr.port}${path}`, { revision, output });
  await rejects(fetched("/none", "1"), { name: "CommandError", message: /^Cannot read .*\/none.*404/ });
  await rejects(fetched("/text", "1"), { name: "BundleError", message: /it is no bundle as \.tar\.gz/ });
  await rejects(fetched("/bundle", "0123456789ab"), {
    name: "CommandError",
    message: /^Cannot fetch http.*: it has revision [0-9a-f]{12}, and 0123456789ab is deployed/,
  });
  await rejects(Deno.stat(output), Deno.errors.NotFound);
  const revision = revisionOf(FILES);
  match(
    await fetched("/bundle", revision),
    new RegExp(`^Fetched http.*, revision ${revision}, ${packed.length} bytes`),
  );
  await Deno.stat(output);
});
