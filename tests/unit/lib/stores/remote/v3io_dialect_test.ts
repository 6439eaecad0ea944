import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { openItem } from "../../../../../lib/stores/data_item.ts";
import type { ItemOptions } from "../../../../../lib/stores/item_options.ts";
import { type Got, serveLoopback } from "../../../../support/loopback.ts";

const LIST =
  "<ListBucketResult><IsTruncated>true</IsTruncated><NextMarker>m</NextMarker><Contents><Key>p/a b</Key></Contents>" +
  "<CommonPrefixes><Prefix>p/sub/</Prefix></CommonPrefixes></ListBucketResult>";

function reading(variables: Record<string, string>): ItemOptions {
  return { environment: (name) => variables[name] };
}

/** A fake by the contract of v3io's web interface, as v3io-py speaks to it: no real one can be had. */
function fakeV3io({ path, method, headers, body }: Got): Response {
  if (headers.get("x-v3io-session-key") !== "access") return new Response(null, { status: 401 });
  if (path.startsWith("/projects/?")) {
    return new Response(path.includes("marker=m") ? "<r><Contents><Key>p/z</Key></Contents></r>" : LIST);
  }
  if (path !== "/projects/p/a%20b") return new Response(null, { status: 404 });
  if (method === "PUT") return new Response(body);
  if (headers.get("range") === "bytes=1-2") {
    return new Response("el", { status: 206, headers: { "content-range": "bytes 1-2/5" } });
  }
  return new Response(method === "HEAD" ? null : "hello", { headers: { "content-length": "5" } });
}

Deno.test("V3ioDialect speaks by the contract (a fake)", async () => {
  await using server = serveLoopback(fakeV3io);
  const options = reading({ V3IO_API: server.url, V3IO_ACCESS_KEY: "access" });
  const item = openItem("v3io:///projects/p/a b", options);
  await item.put("hello");
  strictEqual(new TextDecoder().decode(await item.get()), "hello");
  strictEqual(new TextDecoder().decode(await item.get({ from: 1, to: 3 })), "el");
  strictEqual((await item.stat()).bytes, 5);
  deepStrictEqual(await Array.fromAsync(openItem("v3io:///projects/p", options).list()), ["a b", "sub/", "z"]);
  await rejects(openItem("v3io:///projects/none", options).get(), { reason: "missing" });
  const { host } = new URL(server.url);
  await rejects(openItem(`v3io://${host}/projects/p/a b`, reading({})).get(), {
    reason: "forbidden",
    message:
      `Cannot read "v3io://${host}/projects/p/a b": the store does not let us (401). There are no credentials: set V3IO_ACCESS_KEY`,
  });
});

Deno.test("V3ioDialect refuses what is no path of v3io", () => {
  throws(() => openItem("v3io:///projects/a", reading({})), /it names no host\. Set V3IO_API/);
  for (const uri of ["v3io:///", "v3io://host", "v3io:///../a", "v3io:///c/../../a"]) {
    throws(() => openItem(uri, reading({ V3IO_API: "http://host" })), /it is no v3io:\/\/\/CONTAINER\/PATH/);
  }
});
