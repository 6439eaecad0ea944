import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { openItem } from "../../../../../lib/stores/data_item.ts";
import { serveLoopback } from "../../../../support/loopback.ts";

Deno.test("GoogleDialect reads what the JSON interface says, page by page", async () => {
  await using server = serveLoopback(({ path }) =>
    path.includes("pageToken=two")
      ? Response.json({ items: [{ name: "d/z" }] })
      : path.includes("delimiter")
      ? Response.json({ items: [{ name: "d/a b" }], prefixes: ["d/e/"], nextPageToken: "two" })
      : Response.json({
        size: "5",
        updated: "2023-01-02T03:04:05Z",
        generation: "17",
        md5Hash: "XrY7u+Ae7tCTyyK7j1rNww==",
      })
  );
  const options = {
    environment: (name: string) => ({ STORAGE_EMULATOR_HOST: server.url.replace("http://", "") })[name],
  };
  deepStrictEqual(await openItem("gs://bucket/d/a b", options).stat(), {
    kind: "file",
    bytes: 5,
    modified: new Date("2023-01-02T03:04:05Z"),
    version: "17",
    md5: "5eb63bbbe01eeed093cb22bb8f5acdc3",
  });
  deepStrictEqual(await Array.fromAsync(openItem("gs://bucket/d", options).list()), ["a b", "e/", "z"]);
  strictEqual(server.got[0]!.path, "/storage/v1/b/bucket/o/d%2Fa%20b");
});
