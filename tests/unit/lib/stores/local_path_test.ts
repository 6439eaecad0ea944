import { strictEqual, throws } from "node:assert/strict";
import { localPath } from "../../../../lib/stores/local_path.ts";

Deno.test("localPath() takes paths and file URLs, and nothing that lies elsewhere", () => {
  strictEqual(localPath("/data/a.csv"), "/data/a.csv");
  strictEqual(localPath(new URL("file:///data/a%20b.csv")), "/data/a b.csv");
  strictEqual(localPath("file:///data/a.csv"), "/data/a.csv");
  throws(
    () => localPath("s3://bucket/a.csv"),
    /^TypeError: Cannot use "s3:\/\/bucket\/a.csv": only files of this machine/,
  );
});
