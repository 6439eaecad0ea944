import { deepStrictEqual } from "node:assert/strict";
import { faultsOfImage } from "../../../../../lib/deploy/objects/image_faults.ts";

Deno.test("faultsOfImage() takes names that a node would look for, and no others", () => {
  const digest = `@sha256:${"0".repeat(64)}`;
  for (
    const good of ["a", "a:1", "shop/a_b.c:1.2-x", "Host.test:5000/shop/a:1", `a.test/b${digest}`, `a/b:1${digest}`]
  ) {
    deepStrictEqual(faultsOfImage(good), []);
  }
  deepStrictEqual(["[::1]:5000/x", "[2001:db8::1]/a/b:1", `a/b@sha512:${"0".repeat(128)}`].flatMap(faultsOfImage), []);
  deepStrictEqual(["[]/x", "[::1]", `a@sha512:${"0".repeat(64)}`].flatMap(faultsOfImage).length, 3);
  for (
    const bad of ["", "not an image", "http://x/y", "a:", "a:1:2", "a//b", "-a", "a/B", "a@sha256:1", "a\nb", "a:1 "]
  ) {
    deepStrictEqual(faultsOfImage(bad), [`"${bad}" is no image; it is one as in registry/name:tag`]);
  }
  deepStrictEqual(faultsOfImage(`${"a-".repeat(50_000)}`).length, 1); // in no time
});
