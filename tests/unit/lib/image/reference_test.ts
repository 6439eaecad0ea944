import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { parseReference, tellReference } from "../../../../lib/image/reference.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

Deno.test("parseReference() takes names apart as other tools do", () => {
  const cases: Readonly<Record<string, readonly [string, string, string]>> = {
    "shop": ["docker.io", "library/shop", "latest"],
    "team/shop:1.2": ["docker.io", "team/shop", "1.2"],
    "localhost/shop": ["localhost", "shop", "latest"],
    "localhost:5000/team/shop:v1": ["localhost:5000", "team/shop", "v1"],
    "registry.example.com/a/b/c__d:X_1": ["registry.example.com", "a/b/c__d", "X_1"],
    "[::1]:5000/shop:1": ["[::1]:5000", "shop", "1"],
    [`ghcr.io/team/shop@${DIGEST}`]: ["ghcr.io", "team/shop", DIGEST],
    [`ghcr.io/team/shop:1@${DIGEST}`]: ["ghcr.io", "team/shop", DIGEST],
  };
  for (const [name, [registry, repository, tag]] of Object.entries(cases)) {
    deepStrictEqual(parseReference(name), { registry, repository, tag }, name);
    deepStrictEqual(parseReference(tellReference(parseReference(name))), { registry, repository, tag }, name);
  }
  strictEqual(tellReference(parseReference("shop")), "docker.io/library/shop:latest");
});

Deno.test("parseReference() says what is wrong with a name", () => {
  const cases: Readonly<Record<string, RegExp>> = {
    "": /is no name/,
    "Shop": /"Shop" is no name: small letters/,
    "a//b": /is no name/,
    "registry.example.com/": /is no name/,
    "shop:": /"" is no tag/,
    "shop:-x": /"-x" is no tag/,
    [`shop:${"x".repeat(129)}`]: /is no tag/,
    "shop@sha256:12": /behind the @/,
    "https://registry.example.com/shop": /is no (name|host)/,
    "user:secret@registry.example.com/shop": /behind the @/,
    "a b/c.d/shop": /is no/,
    "../shop": /is no/,
  };
  for (const [name, message] of Object.entries(cases)) {
    throws(() => parseReference(name), { name: "ImageError", message }, name);
  }
});
