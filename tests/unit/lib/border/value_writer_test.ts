import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { ValueWriter } from "../../../../lib/border/value_writer.ts";
import { writeJson } from "../../../../lib/border/write_json.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";

Deno.test("ValueWriter.write() copies only what needs a word, and changes nothing of what it is given", () => {
  const value = { plain: { a: [1] }, list: [new Date(0), { b: 1 }] };
  const written = new ValueWriter({ act: "send it" }).write(value) as typeof value;
  strictEqual(written.plain, value.plain);
  strictEqual(written.list[1], value.list[1]);
  deepStrictEqual(value, { plain: { a: [1] }, list: [new Date(0), { b: 1 }] });
});

Deno.test("writeJson() refuses what JSON has no word for, leaves out what is undefined, and asks toJSON", () => {
  const wish = { act: "send the body", cure: "Send its text" };
  const refused: [unknown, string][] = [
    [{ list: [{ at: new Date(0) }] }, "$.list[0].at is a Date"],
    [[new Date(NaN)], "$[0] is an invalid Date"],
    [new Map(), "$ is a Map"],
    [[new Float32Array(1)], "$[0] is a Float32Array"],
    [{ n: 5n }, "$.n is a bigint"],
    [[undefined], "$[0] is undefined"],
    [{ x: NaN }, "$.x is NaN"],
    [{ x: Tensor.from("x", [1]) }, "$.x is a Tensor"],
  ];
  for (const [value, state] of refused) {
    throws(() => writeJson(value, wish), {
      message: `Cannot send the body as JSON: ${state}, which JSON has no word for. Send its text`,
    });
  }
  const url = new URL("http://localhost/a");
  strictEqual(
    writeJson({ url, x: undefined, zero: [-0], $date: 1 }, wish),
    '{"url":"http://localhost/a","zero":[-0],"$date":1}',
  );
});
