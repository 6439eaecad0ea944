import { strictEqual } from "node:assert/strict";
import { shownUri } from "../../../../../lib/stores/remote/shown_uri.ts";

const SHOWN = [
  ["models/iris.onnx", "models/iris.onnx"],
  ["/models/a?b@c", "/models/a?b@c"],
  ["s3://bucket/key", "s3://bucket/key"],
  ["https://user:pass@host:8080/a/b?sig=x&y=1#z", "https://host:8080/a/b?…"],
  ["https://host/a@b", "https://host/a@b"],
  ["https://user:pa@ss@host/a", "https://host/a"],
  ["https://user:pa/ss@host/a", "https://host/a"],
  ["wasbs://c@account.blob.core.windows.net/a?sv=1", "wasbs://account.blob.core.windows.net/a?…"],
  ["v3io:///projects/a", "v3io:///projects/a"],
  ["https://host?sig=x", "https://host?…"],
  ["https:user:pass@host/x", "https:host/x"],
  ["https://", "https://"],
] as const;

for (const [uri, shown] of SHOWN) {
  Deno.test(`shownUri() shows ${uri} as ${shown}`, () => strictEqual(shownUri(uri), shown));
}
