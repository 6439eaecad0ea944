import { strictEqual } from "node:assert/strict";
import { requestPath } from "../../../../lib/serve/request_path.ts";

Deno.test("requestPath() gives what URL gives, whatever stands in the path", () => {
  const pieces = [
    "",
    "a",
    ".",
    "..",
    "%2e",
    "%2E.",
    "%2f",
    "%00",
    "%c0%ae",
    "%",
    "b c",
    "ä",
    "\\",
    '"<>`{}^|',
    "@",
    ":",
    "\t",
  ];
  for (const one of pieces) {
    for (const two of pieces) {
      for (const end of ["", "/", "?q=/x/..", "#/f/", "/?a#b"]) {
        for (const origin of ["http://x", "https://x.y:8080", "http://[::1]:1"]) {
          const url = `${origin}/${one}/${two}${end}`;
          strictEqual(requestPath(url), new URL(url).pathname, url);
        }
      }
    }
  }
  for (const url of ["http://x", "http://x/", "https://x//", "http://x?q"]) {
    strictEqual(requestPath(url), new URL(url).pathname, url);
  }
});
