import { deepStrictEqual } from "node:assert/strict";
import { readChallenges } from "../../../../../lib/image/registry/challenge.ts";

Deno.test("readChallenges() reads what registries send", () => {
  deepStrictEqual(
    readChallenges('Bearer realm="https://auth.example.com/token",service="registry",scope="repository:a/b:pull,push"'),
    [
      {
        scheme: "bearer",
        params: { realm: "https://auth.example.com/token", service: "registry", scope: "repository:a/b:pull,push" },
      },
    ],
  );
  deepStrictEqual(readChallenges('Basic realm="a \\"quoted\\" one"'), [{
    scheme: "basic",
    params: { realm: 'a "quoted" one' },
  }]);
  deepStrictEqual(readChallenges("Negotiate, BASIC realm=plain , Bearer realm=x"), [
    { scheme: "negotiate", params: {} },
    { scheme: "basic", params: { realm: "plain" } },
    { scheme: "bearer", params: { realm: "x" } },
  ]);
});

Deno.test("readChallenges() gets through what is broken, empty and huge", () => {
  deepStrictEqual(readChallenges(""), []);
  deepStrictEqual(readChallenges('=,,;;="\\'), []);
  deepStrictEqual(readChallenges(`Bearer realm="${"x".repeat(10_000)}`)[0], { scheme: "bearer", params: {} });
  deepStrictEqual(readChallenges(`${"a=b,".repeat(50_000)}`), []);
});
