import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { lockedPackages, type LockFile } from "../../../../../lib/image/npm/locked_packages.ts";

const integrity = "sha512-AA==";
const LOCK: LockFile = {
  version: "5",
  specifiers: { "npm:app@^1": "1.2.0_peer@2.0.0", "npm:@scope/tool@3.0.0": "3.0.0" },
  npm: {
    "app@1.2.0_peer@2.0.0": {
      integrity,
      dependencies: ["left", "twice@1.0.0"],
      optionalDependencies: ["app-linux", "app-darwin"],
    },
    "@scope/tool@3.0.0": { integrity, dependencies: ["app"] },
    "left@1.0.0": { integrity, dependencies: ["right"] },
    "right@1.0.0": { integrity, dependencies: ["left"] },
    "twice@1.0.0": { integrity },
    "twice@2.0.0": { integrity },
    "app-linux@1.0.0": { integrity, os: ["linux"], cpu: ["x64"] },
    "app-darwin@1.0.0": { integrity, os: ["darwin"], cpu: ["x64"] },
    "bare@1.0.0": {},
  },
};
const names = (specifiers: readonly string[], lock = LOCK) =>
  lockedPackages(specifiers, lock).map(({ name, version }) => `${name}@${version}`);

Deno.test("lockedPackages() follows dependencies round and round, and takes those of the image's machine alone", () => {
  const app = ["app-linux@1.0.0", "app@1.2.0", "left@1.0.0", "right@1.0.0", "twice@1.0.0"];
  deepStrictEqual(names(["npm:app@^1/deep/path"]), app);
  deepStrictEqual(names(["npm:@scope/tool@3.0.0"]), ["@scope/tool@3.0.0", ...app]);
  deepStrictEqual(names(["npm:/twice@2.0.0"]), ["twice@2.0.0"]);
  deepStrictEqual(names([]), []);
});

Deno.test("lockedPackages() says what the lock file lacks", () => {
  throws(() => names(["npm:gone@1.0.0"]), {
    name: "ImageError",
    message: /Cannot find gone@1.0.0, which npm:gone@1.0.0 needs/,
  });
  throws(() => names(["npm:constructor"]), { name: "ImageError" });
  throws(() => names(["npm:bare@1.0.0"]), { message: /the lock file does not say its hash/ });
  throws(() => names([], { version: "3" }), { message: /of version 3, and should be of 5/ });
});

Deno.test("lockedPackages() knows every package that this project's own lock file has for the image's machine", async () => {
  const lock = JSON.parse(await Deno.readTextFile(new URL("../../../../../deno.lock", import.meta.url))) as LockFile;
  const all = lockedPackages(Object.keys(lock.specifiers ?? {}), lock);
  ok(all.some(({ name }) => name === "@duckdb/node-bindings-linux-x64"));
  ok(!all.some(({ name }) => /darwin|win32|arm64/.test(name)));
});
