import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { headerText, remoteHeaders } from "../../../../lib/remote/remote_headers.ts";

Deno.test("remoteHeaders() takes objects, lists and Headers", () => {
  const expected = [["a", "1"], ["b", "2"]];
  for (const given of [{ A: "1", b: 2 }, [["a", "1"], ["B", "2"]], new Headers({ a: "1", b: "2" })]) {
    deepStrictEqual([...remoteHeaders(given)], expected);
  }
});

Deno.test("remoteHeaders() refuses what cannot be sent, names it, and does not tell its value", () => {
  for (
    const [given, reason] of [
      [{ "x-user": "secret\r\nx-admin: 1" }, /header "x-user": its value has a line break/],
      [{ "x-user": "secret\n" }, /line break/],
      [{ "x-user": "secret\0" }, /line break/],
      [{ "x-user": "secret →" }, /letters that a header cannot hold/],
      [{ "x-user": undefined }, /its value is undefined, not text/],
      [{ "x-user": null }, /its value is null/],
      [{ "x-user": { a: "secret" } }, /its value is object/],
      [{ "x user": "secret" }, /its name is no name of a header/],
      [{ "x\r\ny": "secret" }, /its name is no name of a header/],
      [{ "": "secret" }, /its name is no name of a header/],
      [{ "Content-Length": "5" }, /HTTP sets it itself/],
      [{ "transfer-encoding": "chunked" }, /HTTP sets it itself/],
      [[["x-user"]], /its value is undefined/],
      ["secret", /Cannot send headers: they are string/],
      [null, /Cannot send headers: they are null/],
    ] as const
  ) {
    throws(() => remoteHeaders(given), (error: Error) => {
      ok(reason.test(error.message), error.message);
      ok(!error.message.includes("secret"), error.message);
      return true;
    });
  }
});

Deno.test("headerText() makes any text fit for a header", () => {
  strictEqual(headerText("ev-1.0"), "ev-1.0");
  strictEqual(headerText("ü →\r\nx: 1\ud800"), "%C3%BC%20%E2%86%92%0D%0Ax:%201%EF%BF%BD");
});
