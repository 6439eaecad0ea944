import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { describeSizes, matchPackage } from "../../../../../lib/deploy/process/download_packages.ts";

Deno.test("matchPackage() reads name and version from an archive's address", () => {
  const cases: [string, { name: string; version: string } | undefined][] = [
    ["https://r.example/zod/-/zod-4.6.7.tgz", { name: "zod", version: "4.6.7" }],
    ["https://r.example/npm/@oxc-x/b-linux/-/b-linux-0.1.0-beta.1.tgz", {
      name: "@oxc-x/b-linux",
      version: "0.1.0-beta.1",
    }],
    ["http://localhost:4873/wink-nlp/-/wink-nlp-2.3.0.tgz", { name: "wink-nlp", version: "2.3.0" }],
    ["https://r.example/zod", undefined],
    ["https://r.example/mod.ts", undefined],
  ];
  for (const [url, expected] of cases) deepStrictEqual(matchPackage(url), expected, url);
});

Deno.test("describeSizes() sums, and names what is large, the largest first", () => {
  strictEqual(describeSizes(new Map([["a", 1_234_567]])), "1.2 MB on the disk");
  strictEqual(
    describeSizes(new Map([["a", 26e6], ["b", 2e6], ["c", 301e6]])),
    "329 MB on the disk, of these c 301 MB, a 26 MB",
  );
});
