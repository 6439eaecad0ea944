import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  bodyField,
  decodeBody,
  decodeBodySlices,
  describeBody,
  isObject,
} from "../../../../lib/protocol/request_body.ts";

Deno.test("decodeBody() reads an object from text and from bytes", () => {
  deepStrictEqual(decodeBody(' {"inputs": [1]} '), { inputs: [1] });
  deepStrictEqual(decodeBody(new TextEncoder().encode('{"inputs": [1]}')), { inputs: [1] });
});

Deno.test("decodeBody() leaves every other body as it is", () => {
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47]);
  const list = [1];
  for (const body of ["xx", "5", "[5]", "", '{"inputs": [1', "{", null, undefined, 5, true, png, list]) {
    strictEqual(decodeBody(body), body);
  }
});

Deno.test("bodyField() reads own fields only", () => {
  strictEqual(bodyField({ model: "m" }, "model"), "m");
  strictEqual(bodyField({}, "constructor"), undefined);
  strictEqual(bodyField(["m"], "0"), undefined);
  strictEqual(bodyField(null, "model"), undefined);
});

Deno.test("isObject() is true for objects with fields only", () => {
  strictEqual(isObject({}), true);
  for (const value of [null, undefined, [], "", 5, new Uint8Array(1)]) strictEqual(isObject(value), false);
});

Deno.test("describeBody() names what came", () => {
  strictEqual(describeBody(null), "the body is empty");
  strictEqual(describeBody("x"), "the body is text that is not a JSON object");
  strictEqual(describeBody(new Uint8Array(1)), "the body is bytes that are not a JSON object");
  strictEqual(describeBody([1]), "the body is a list");
  strictEqual(describeBody(5), "the body is a number");
});

Deno.test("decodeBodySlices() reads long bodies as decodeBody() does, and has tensors read again", () => {
  const read = (body: unknown) => {
    const slices = decodeBodySlices(body, () => "again");
    for (;;) {
      const slice = slices.next();
      if (slice.done === true) return slice.value;
    }
  };
  const long = `{"a":[${'"x",'.repeat(100_000)}1]`;
  const bytes = (text: string) => new TextEncoder().encode(text);
  for (const body of [`${long}}`, bytes(`${long}}`), ` ${long},`, bytes(`${long},`), "text", "[1]", null, { a: 1 }]) {
    deepStrictEqual(read(body), decodeBody(body));
  }
  strictEqual(read(bytes(`${long},"inputs":[{"name":"x","shape":[1],"datatype":"INT64"}]}`)), "again");
  const notText = new Uint8Array([123, 255]);
  strictEqual(read(notText), notText);
});
