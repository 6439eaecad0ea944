import { strictEqual, throws } from "node:assert/strict";
import { resolve } from "node:path";
import { isLocal, openItem } from "../../../../lib/stores/data_item.ts";

Deno.test("openItem() takes plain paths and file URLs", () => {
  strictEqual(openItem("models/a.onnx").uri, resolve("models/a.onnx"));
  strictEqual(openItem("/models/a b.onnx").uri, "/models/a b.onnx");
  strictEqual(openItem("file:///models/a%20b.onnx").uri, "/models/a b.onnx");
  strictEqual(openItem("FILE:///models/a.onnx").uri, "/models/a.onnx");
});

Deno.test("openItem() opens each kind of store by any of its schemes, and asks nobody", () => {
  const environment = (name: string) => ({ AZURE_STORAGE_ACCOUNT: "acc" })[name];
  const opened = [
    ["memory://a/b", "memory://a/b"],
    ["HTTPS://user:pass@Host/x?sig=1", "https://host/x?…"],
    ["http://host", "http://host/"],
    ["s3://bucket/key", "s3://bucket/key"],
    ["gs://bucket/key", "gs://bucket/key"],
    ["gcs://bucket/key", "gs://bucket/key"],
    ["az://container/key", "az://container/key"],
    ["wasbs://container@acc.blob.core.windows.net/key", "az://container/key"],
    ["abfs://container@acc.dfs.core.windows.net/key", "az://container/key"],
    ["v3io://host:8081/container/key", "v3io://host:8081/container/key"],
    ["store://models/p/iris:latest", "store://models/p/iris:latest"],
  ] as const;
  for (const [uri, shown] of opened) strictEqual(openItem(uri, { environment }).uri, shown);
});

Deno.test("openItem() names the schemes that there are", () => {
  throws(() => openItem("ftp://host/x"), {
    name: "TypeError",
    message: 'Cannot open "ftp://host/x": there is no store for ftp:, only plain paths and ' +
      "file:, memory:, http:, https:, s3:, gs:, az:, v3io:, store:",
  });
});

Deno.test("isLocal() tells files of this machine", () => {
  for (const uri of ["a/b", "/a", "C:/a", "file:///a", "FILE:///a", "a b:c"]) strictEqual(isLocal(uri), true, uri);
  for (const uri of ["s3://b/a", "memory://a", "http://a"]) strictEqual(isLocal(uri), false, uri);
});

Deno.test("openItem() refuses a file URL with a host", () => {
  throws(() => openItem("file://host/x"), TypeError);
});
