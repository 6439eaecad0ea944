import { strictEqual, throws } from "node:assert/strict";
import { resolve } from "node:path";
import { openItem } from "../../../../lib/stores/data_item.ts";

Deno.test("openItem() takes plain paths and file URLs", () => {
  strictEqual(openItem("models/a.onnx").uri, resolve("models/a.onnx"));
  strictEqual(openItem("/models/a b.onnx").uri, "/models/a b.onnx");
  strictEqual(openItem("file:///models/a%20b.onnx").uri, "/models/a b.onnx");
  strictEqual(openItem("FILE:///models/a.onnx").uri, "/models/a.onnx");
});

Deno.test("openItem() names the schemes that there are", () => {
  for (const uri of ["s3://bucket/key", "http://host/x", "store://models/x"]) {
    throws(() => openItem(uri), {
      name: "TypeError",
      message: `Cannot open "${uri}": there is no store for ${uri.split(":")[0]}:, only plain paths and file:`,
    });
  }
});

Deno.test("openItem() refuses a file URL with a host", () => {
  throws(() => openItem("file://host/x"), TypeError);
});
