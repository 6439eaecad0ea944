import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { openItem } from "../../../../../lib/stores/data_item.ts";
import type { ItemOptions } from "../../../../../lib/stores/item_options.ts";
import { AzureDialect } from "../../../../../lib/stores/remote/azure_dialect.ts";
import { serveLoopback } from "../../../../support/loopback.ts";

const KEY = "aHVudGVyMmh1bnRlcjI=";

function reading(variables: Record<string, string>): ItemOptions {
  return { environment: (name) => variables[name] };
}

function urlOf(uri: string, variables: Record<string, string>): string {
  return new AzureDialect(uri, reading(variables)).request({ kind: "look" }).url.href;
}

Deno.test("AzureDialect finds the account in the URL, a connection string, or the environment", () => {
  const blob = "https://acc.blob.core.windows.net/c/a%20b";
  strictEqual(urlOf("wasbs://c@acc.blob.core.windows.net/a b", {}), blob);
  strictEqual(urlOf("abfss://c@acc.dfs.core.windows.net/a b", {}), blob);
  strictEqual(urlOf("az://c/a b", { AZURE_STORAGE_ACCOUNT: "acc" }), blob);
  strictEqual(urlOf("az://c/a b", { AZURE_STORAGE_CONNECTION_STRING: `AccountName=acc;AccountKey=${KEY}` }), blob);
  strictEqual(
    urlOf("az://c/a", {
      AZURE_STORAGE_CONNECTION_STRING: "BlobEndpoint=http://127.0.0.1:1/acc/;SharedAccessSignature=sv=1&sig=s%2B",
    }),
    "http://127.0.0.1:1/acc/c/a?sv=1&sig=s%2B",
  );
  strictEqual(
    urlOf("az://c/a", { AZURE_STORAGE_ACCOUNT: "acc", AZURE_STORAGE_SAS_TOKEN: "?sv=1" }),
    "https://acc.blob.core.windows.net/c/a?sv=1",
  );
});

Deno.test("AzureDialect does not send the key of one account to another", () => {
  const connection = {
    AZURE_STORAGE_CONNECTION_STRING: `AccountName=mine;AccountKey=${KEY};BlobEndpoint=http://127.0.0.1:1/mine`,
  };
  const { url, headers } = new AzureDialect("wasbs://c@other.blob.core.windows.net/a", reading(connection)).request({
    kind: "look",
  });
  strictEqual(url.href, "https://other.blob.core.windows.net/c/a");
  strictEqual(headers.has("authorization"), false);
});

Deno.test("AzureDialect says what is missing", () => {
  throws(
    () => openItem("az://c/a", reading({})),
    /it is not said in which account\. Set AZURE_STORAGE_CONNECTION_STRING/,
  );
  throws(() => openItem("az:///a", reading({})), /names no container/);
  throws(
    () => openItem("az://c/a", reading({ AZURE_STORAGE_CONNECTION_STRING: "hunter2" })),
    (error: Error) => /is no list of NAME=VALUE/.test(error.message) && !error.message.includes("hunter2"),
  );
  throws(
    () =>
      new AzureDialect("az://c/a", reading({ AZURE_STORAGE_ACCOUNT: "a", AZURE_STORAGE_KEY: "no base64 !" })).request({
        kind: "look",
      }),
    /the account's key is not base64/,
  );
});

Deno.test("AzureDialect reads lists", async () => {
  await using server = serveLoopback(() =>
    new Response(
      '<?xml version="1.0"?><EnumerationResults><Blobs><Blob><Name>d/a&amp;b</Name></Blob><Blob><Name Encoded="true">d/%EF%BF%BE</Name></Blob>' +
        "<BlobPrefix><Name>d/e/</Name></BlobPrefix></Blobs><NextMarker /></EnumerationResults>",
    )
  );
  const item = openItem("az://c/d", { ...reading({}), endpoint: server.url });
  deepStrictEqual(await Array.fromAsync(item.list()), ["a&b", "\ufffe", "e/"]);
});

Deno.test("AzureDialect asks for the next page", async () => {
  await using server = serveLoopback(({ path }) =>
    new Response(
      path.includes("marker=2%2F")
        ? "<r><Blob><Name>d/b</Name></Blob><NextMarker></NextMarker></r>"
        : "<r><Blob><Name>d/a</Name></Blob><NextMarker>2/</NextMarker></r>",
    )
  );
  const item = openItem("az://c/d", { ...reading({}), endpoint: server.url });
  deepStrictEqual(await Array.fromAsync(item.list()), ["a", "b"]);
});

Deno.test("AzureDialect tells neither key nor SAS", async () => {
  await using server = serveLoopback(({ path }) =>
    new Response(
      `<Error><Code>AuthenticationFailed</Code><AuthenticationErrorDetail>${path}</AuthenticationErrorDetail></Error>`,
      { status: 403 },
    )
  );
  for (
    const variables of [{ AZURE_STORAGE_SAS_TOKEN: "sv=1&sig=hunter2" }, {
      AZURE_STORAGE_KEY: KEY,
      AZURE_STORAGE_ACCOUNT: "acc",
    }]
  ) {
    const item = openItem("az://c/a", {
      ...reading(variables as unknown as Record<string, string>),
      endpoint: server.url,
    });
    const error = await item.get().catch((thrown: Error) => thrown) as Error;
    strictEqual(/does not let us \(403 AuthenticationFailed\)/.test(error.message), true);
    strictEqual(/hunter2|aHVudGVy/.test([Deno.inspect(error), Deno.inspect(item, { depth: 20 })].join()), false);
  }
  await rejects(
    openItem("az://c/a", { ...reading({}), endpoint: server.url }).get(),
    /There are no credentials: set AZURE_STORAGE_CONNECTION_STRING/,
  );
});
