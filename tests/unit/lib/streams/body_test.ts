import { deepStrictEqual, throws } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decodeBody, encodeBody } from "../../../../lib/streams/body.ts";
import { NO_VALUE } from "../../../../lib/streams/record_headers.ts";

Deno.test("encodeBody() takes bytes as they are, Node's too, and refuses those of a class or with names", () => {
  class Image extends Uint8Array {}
  for (const body of [new Uint8Array([1, 2]), Buffer.from([1, 2]), new Uint8Array([0, 1, 2, 3]).subarray(1, 3)]) {
    const { bytes, contentType } = encodeBody(body, undefined);
    deepStrictEqual([bytes, contentType], [new Uint8Array([1, 2]), "application/octet-stream"]);
    deepStrictEqual(decodeBody(bytes, contentType), { body: new Uint8Array([1, 2]) });
  }
  throws(() => encodeBody(new Image(2), undefined), {
    name: "StreamError",
    message: /^Cannot publish the body: \$ is an Image, which would not come out the same/,
  });
  for (const length of [2, 5_000]) {
    const body = Object.assign(new Uint8Array(length), { width: 2 });
    throws(() => encodeBody(body, "image/png"), { message: /\$ is a Uint8Array with names of its own/ });
  }
});

Deno.test("encodeBody() writes null without a value where its content type says so, and nothing else of that type", () => {
  for (const body of [null, new Uint8Array()]) {
    const { bytes, contentType } = encodeBody(body, NO_VALUE);
    deepStrictEqual([bytes.length, decodeBody(bytes, contentType)], [0, { body: null }]);
  }
  for (const body of ["", "text", 0, {}, undefined, new Uint8Array(1)]) {
    throws(() => encodeBody(body, NO_VALUE), {
      message: /Publish null with that type, or leave the content type out$/,
    });
  }
});
