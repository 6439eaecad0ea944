import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { readValue } from "../../../../lib/border/read_value.ts";

Deno.test("readValue() refuses words that it does not know, and words that hold something else", () => {
  const refused: [text: string, said: RegExp][] = [
    ['{"a":[{"$temporal":1}]}', /^it has "\$temporal", which is none of Levada's words, or a newer one's$/],
    ['{"$toString":1}', /it has "\$toString"/],
    ['{"$date":"today"}', /^its "\$date" cannot be read: it is no time$/],
    ['{"$date":5}', /^its "\$date" cannot be read: it holds no text$/],
    ['{"$number":"5"}', /it is neither NaN, Infinity nor -Infinity/],
    ['{"$number":"constructor"}', /it is neither NaN, Infinity nor -Infinity/],
    ['{"$bigint":"1.5"}', /it is no integer of at most 10000 digits/],
    [`{"$bigint":"${"9".repeat(10_001)}"}`, /it is no integer of at most 10000 digits/],
    ['{"$map":[[1]]}', /it is no list of pairs/],
    ['{"$map":{}}', /it holds no list/],
    ['{"$set":5}', /it holds no list/],
    ['{"$object":[]}', /it holds no object/],
    ['{"$Float64Array":"AAA="}', /^its "\$Float64Array" cannot be read: /],
    ['{"$Uint8Array":"!"}', /^its "\$Uint8Array" cannot be read: /],
    ['{"$tensor":{"name":"x","datatype":"FP99","shape":[1],"data":""}}', /its datatype is none/],
    [
      '{"$tensor":{"name":"x","datatype":"FP32","shape":[2],"data":"AAAAAA=="}}',
      /its 2 values need 8 bytes, and there are 4/,
    ],
    ['{"$tensor":{"name":"x","datatype":"BYTES","shape":[1],"data":[5]}}', /an item of it is neither text nor bytes/],
    ['{"$tensor":{"name":"x","datatype":"FP32","shape":[-1],"data":""}}', /^its "\$tensor" cannot be read: /],
    ['{"$reply":{"model_name":"m","id":"1","outputs":[5]}}', /an output of it is no tensor/],
    ["[".repeat(600) + "]".repeat(600), /its lists and objects are more than 500 levels deep/],
  ];
  for (const [text, message] of refused) throws(() => readValue(text), { message });
  throws(() => readValue('{"a":'), SyntaxError);
});

Deno.test("readValue() takes an object of several names, or of one that begins otherwise, as it is", () => {
  deepStrictEqual(readValue('{"$date":1,"n":{"date":"x"},"$x":[{}]}'), { $date: 1, n: { date: "x" }, $x: [{}] });
});

Deno.test("readValue() sets no prototypes", () => {
  const value = readValue('{"__proto__":{"$map":[]},"in":{"$object":{"__proto__":{"$date":null}}}}') as Record<
    string,
    object
  >;
  strictEqual(Object.getPrototypeOf(value), Object.prototype);
  strictEqual(Object.hasOwn(value, "__proto__"), true);
  strictEqual(Object.getPrototypeOf(value.in), Object.prototype);
});
