import { deepStrictEqual, ok } from "node:assert/strict";
import { DeadLetter } from "../../../../../lib/streams/letters/dead_letter.ts";
import { lookAt, sealRecord } from "../../../../../lib/streams/record.ts";
import { sealDeadLetter } from "../../../../../lib/streams/seal_dead_letter.ts";
import type { NewRecord, RecordError } from "../../../../../lib/streams/stream.ts";

const PLACE = { partition: "2", offset: "7", publishedAt: 1_700_000_000_000 };
const ERROR = { name: "TypeError", message: "total is no\nnumber", step: "bill", tries: 3 };

function letterOf(record: NewRecord, error: RecordError = ERROR): DeadLetter {
  return new DeadLetter(lookAt(sealDeadLetter(sealRecord(record, 0), error, "billing"), PLACE));
}

function display(letter: DeadLetter): Record<string, string> {
  return (letter as unknown as Record<symbol, () => Record<string, string>>)[Symbol.for("Jupyter.display")]!();
}

Deno.test("DeadLetter.text tells everything that is known, and the body with a line for each field", () => {
  const letter = letterOf({
    id: "o1",
    key: "ann",
    path: "/orders",
    time: new Date(1_600_000_000_000),
    headers: { "x-shop": "1" },
    body: { order: 1, items: ["a"] },
    replay: { by: "bob@desk", at: new Date(1_650_000_000_000), count: 2 },
  });
  deepStrictEqual(letter.text.split("\n"), [
    "id                   o1",
    "key                  ann",
    "error                TypeError: total is no number",
    "step                 bill",
    "group                billing",
    "tries                3",
    "given up             2023-11-14T22:13:20.000Z",
    "sent again           by bob@desk at 2022-04-15T05:20:00.000Z, 2 times by then",
    "happened             2020-09-13T12:26:40.000Z",
    "path                 /orders",
    "place                partition 2, offset 7",
    "header content-type  application/json",
    "header x-shop        1",
    "",
    "{",
    '  "order": 1,',
    '  "items": [',
    '    "a"',
    "  ]",
    "}",
  ]);
});

Deno.test("DeadLetter shows bodies that are no JSON: as the text that they are, else as digits", () => {
  const json = { "content-type": "application/json" };
  const body = (record: NewRecord) => letterOf(record).text.split("\n\n")[1];
  deepStrictEqual(body({ body: new TextEncoder().encode(`{"a":`), headers: json }), `{"a":`);
  deepStrictEqual(body({ body: new Uint8Array([0, 255, 16]) }), "3 bytes: 00ff10");
  deepStrictEqual(body({ body: "lines\nof  text", headers: { "content-type": "text/plain" } }), "lines\nof  text");
  ok(letterOf({ body: new TextEncoder().encode(`{"a":`), headers: json }).text.includes("unreadable  "));
});

Deno.test("DeadLetter of a hostile record moves no cursor, turns no text and is no HTML", () => {
  const evil = "\x1b[2J\u202e<script>alert(1)</script>";
  const letter = letterOf({ id: evil, key: evil, path: evil, body: { [evil]: evil } }, {
    name: evil,
    message: evil,
    step: evil,
  });
  const { "text/html": html, "text/plain": text } = display(letter);
  ok(!/[^\P{Cc}\n]|\u202e/u.test(text!), "nothing that a terminal obeys");
  ok(!/<script|\u202e/.test(html!) && html!.includes("&lt;script&gt;"));
});

Deno.test("DeadLetter cuts a huge body in a notebook, and not in its text", () => {
  const letter = letterOf({ body: "x".repeat(100_000), headers: { "content-type": "text/plain" } });
  const { "text/html": html } = display(letter);
  ok(html!.length < 30_000 && html!.includes("… and 80000 more characters"));
  ok(letter.text.length > 100_000);
});

Deno.test("DeadLetter.toJSON() has what programs need, and bytes in base 64", () => {
  const letter = letterOf({ id: "o1", key: "k", body: new Uint8Array([0, 255]) });
  deepStrictEqual(JSON.parse(JSON.stringify(letter)), {
    id: "o1",
    key: "k",
    bodyBase64: "AP8=",
    headers: { "content-type": "application/octet-stream" },
    time: "1970-01-01T00:00:00.000Z",
    error: { name: "TypeError", message: "total is no\nnumber", step: "bill" },
    burial: { group: "billing", tries: 3, at: "2023-11-14T22:13:20.000Z" },
    partition: "2",
    offset: "7",
  });
});
