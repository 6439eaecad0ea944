import { deepStrictEqual, match, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { baseEntries } from "../../../../../lib/image/debian/base_layer.ts";
import { DEBIAN } from "../../../../../lib/image/debian/debian_packages.ts";
import { makeDeb } from "../../../../support/debian_package.ts";
import { serveAnswers } from "../../../../support/served_answers.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const file = (path: string, text = "text\n") =>
  ({ kind: "file", path, bytes: new TextEncoder().encode(text) }) as const;

Deno.test("baseEntries() joins packages from a mirror: certificates as one file, licences, what they are, users", async () => {
  await using cache = await temporaryFolder();
  const deb = await makeDeb([
    file("usr/share/ca-certificates/mozilla/B.crt", "B\n"),
    file("usr/share/ca-certificates/mozilla/A.crt", "A\n\n"),
    file("usr/share/doc/try/copyright"),
    file("usr/share/doc/try/changelog.gz"),
    file("usr/share/man/man1/try.1.gz"),
    { kind: "link", path: "usr/share/doc/other", target: "try" },
  ]);
  const sha256 = createHash("sha256").update(deb).digest("hex");
  const pins = {
    ...DEBIAN,
    packages: [{ name: "try", version: "1~a+b", path: "pool/t/try_1~a+b_all.deb", archive: "debian", sha256 }],
  } as const;
  await using mirror = serveAnswers(() => new Response(deb));
  const options = { cache: cache.path, pins, mirror: `http://${mirror.host}/here/` };
  const entries = await baseEntries(options);
  deepStrictEqual(mirror.asked, ["GET /here/debian/pool/t/try_1~a%2Bb_all.deb"]);
  const paths = new Map(entries.map((entry) => [entry.path, entry]));
  for (
    const path of [
      "usr/share/doc/try/copyright",
      "usr/share/doc/other",
      "var/lib/dpkg/status.d/try",
      "tmp",
      "etc/passwd",
    ]
  ) {
    ok(paths.has(path), path);
  }
  for (const path of ["usr/share/doc/try/changelog.gz", "usr/share/man/man1/try.1.gz"]) ok(!paths.has(path), path);
  deepStrictEqual(paths.get("etc/ssl/certs/ca-certificates.crt"), file("etc/ssl/certs/ca-certificates.crt", "A\nB\n"));
  await baseEntries(options);
  deepStrictEqual(mirror.asked.length, 1); // it was kept
  await rejects(baseEntries({ ...options, pins: { ...pins, packages: [{ ...pins.packages[0], sha256: "" }] } }), {
    message: `Cannot fetch try 1~a+b: it is pinned by "", which is no SHA-256 in hex`,
  });
});

Deno.test("DEBIAN pins each package by version, place and hash", () => {
  const names = DEBIAN.packages.map(({ name }) => name);
  for (const name of ["libc6", "libgcc-s1", "libstdc++6", "ca-certificates", "tzdata"]) ok(names.includes(name), name);
  for (const { path, version, sha256 } of DEBIAN.packages) {
    ok(path.includes(version), path);
    match(sha256, /^[0-9a-f]{64}$/);
  }
});
