import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { randomBelow } from "../../../support/random.ts";
import { parseJsonSlices } from "../../../../lib/protocol/parse_json_slices.ts";

const LONG = "x".repeat(140_000); // a slice ends behind it

function parse(text: string): { value: unknown; slices: number } {
  const parsing = parseJsonSlices(text);
  for (let slices = 0;; slices++) {
    const { done, value } = parsing.next();
    if (done === true) return { value, slices };
  }
}

function same(text: string): number {
  const { value, slices } = parse(text);
  deepStrictEqual(value, JSON.parse(text));
  strictEqual(JSON.stringify(value) === JSON.stringify(JSON.parse(text)), true);
  return slices;
}

Deno.test("parseJsonSlices() reads what JSON.parse reads, in slices", () => {
  const rows = JSON.stringify(Array.from({ length: 40_000 }, (_, n) => [n, n / 3]));
  const keys = Array.from({ length: 40_000 }, (_, n) => `"k${n}":${n}`).join();
  const texts = [
    rows,
    ` {"inputs" : ${rows} , "a":1 , "b" : {"c":${rows}} } `,
    `{"a":${rows},"a":${rows},"a":2,"__proto__":{"n":${rows}},"\\u0061\\"":[${rows},[],{}]}`,
    `{${keys}}`,
    `[{${keys}},{${keys}}\n,\t1]`,
    `{"3":"${LONG}","1":1,"2":"${LONG}","3":[${rows}],"0":0}`,
    `["]}[{,\\"","${LONG}\\\\",",","${LONG}",[],"\\\\\\"]"]`,
    `[[[["${LONG}",[[1,"${LONG}",2]],{"a":{"b":["${LONG}",{},"${LONG}",3]}}],4],5],6]`,
    `{"${LONG}":{"${LONG}":[1,2],"a":"${LONG}","b":2},"c":3}`,
  ];
  for (const text of texts) strictEqual(same(text) > 0, true);
});

Deno.test("parseJsonSlices() reads what has no slices: short text, one long text, numbers", () => {
  for (const text of ["1", " null ", '"a,b"', "[]", "{}", `"${LONG}"`, `["${LONG}"]`, "[1,[2,{}]]"]) {
    strictEqual(same(text), 0);
  }
});

Deno.test("parseJsonSlices() refuses what JSON.parse refuses, wherever a slice ends", () => {
  const long = `"${LONG}"`;
  const wrong = [
    `[${long},]`,
    `[${long},,1]`,
    `[,${long},1]`,
    `[${long},1`,
    `[${long},1]]`,
    `[${long},1],2`,
    `[${long},1] x`,
    `[${long},1}`,
    `x[${long},1]`,
    `,[${long},1]`,
    `\u00a0[${long},1]`,
    `[1 [${long},1]]`,
    `[[${long},1] 2,3]`,
    `[[${long},1] 2]`,
    `[[${long},1] [${long},2]]`,
    `[[${long},1],]`,
    `[[${long},1] ,, 2]`,
    `{"a":${long},"b"}`,
    `{"a":${long},}`,
    `{${long},"b":1}`,
    `{"a":[${long},1] "b":2}`,
    `{"a" [${long},1]}`,
    `{[${long},1]}`,
    `{"a":1 "b":[${long},1]}`,
    `{"a":"b":[${long},1]}`,
    `{"a":[${long},1],"b":}`,
    `["a":[${long},1]]`,
    `[${long},"\n"]`,
    `[${long},01]`,
    `[${long},NaN]`,
    `[${long},"open]`,
    `]${long},1`,
    "",
    "[1,",
  ];
  for (const text of wrong) {
    throws(() => JSON.parse(text), SyntaxError);
    throws(() => parse(text), SyntaxError, text.replaceAll(LONG, "…"));
  }
  throws(() => parse(`[${long},1,nope]`), /Unexpected token/);
});

Deno.test("parseJsonSlices() refuses what is too deep, and reads what is just not", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}"${LONG}",1${"]".repeat(depth)}`;
  strictEqual(same(nested(500)), 1);
  throws(() => parse(nested(501)), /RangeError: its lists and objects are more than 500 levels deep/);
});

Deno.test("parseJsonSlices() agrees with JSON.parse on random JSON, whole and with a letter too many or too few", () => {
  const below = randomBelow(7);
  const space = () => ["", "", " ", "\n\t"][below(4)]!;
  const text = (depth: number): string => {
    const kind = below(depth > 5 ? 4 : 8);
    if (kind < 4) return ["1", `"${LONG}"`, '"]\\",[{"', "null"][kind]!;
    const items = Array.from({ length: below(5) }, () => text(depth + 1) + space());
    if (kind < 6) return `[${space()}${items.join("," + space())}]`;
    return `{${space()}${items.map((item, index) => `"${"abc1"[below(4)]}${index}"${space()}:${item}`).join(",")}}`;
  };
  const result = (read: (text: string) => unknown, json: string) => {
    try {
      return { value: read(json) };
    } catch (error) {
      strictEqual(error instanceof SyntaxError, true, String(error));
      return "no JSON";
    }
  };
  let sliced = 0;
  let refused = 0;
  for (let n = 0; n < 400; n++) {
    const json = text(0);
    const at = below(json.length + 1);
    for (
      const tried of [
        json,
        json.slice(0, at) + json.slice(at + 1),
        json.slice(0, at) + ',]}["x'[below(6)] + json.slice(at),
      ]
    ) {
      const wanted = result(JSON.parse, tried);
      deepStrictEqual(result((json) => parse(json).value, tried), wanted);
      if (wanted === "no JSON") refused += 1;
      else if (parse(tried).slices > 0) sliced += 1;
    }
  }
  strictEqual(sliced > 100 && refused > 100, true, `${sliced} sliced, ${refused} refused`);
});
