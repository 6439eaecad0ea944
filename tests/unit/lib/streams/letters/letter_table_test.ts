import { deepStrictEqual, ok } from "node:assert/strict";
import { DeadLetter } from "../../../../../lib/streams/letters/dead_letter.ts";
import { displayLetters } from "../../../../../lib/streams/letters/letter_table.ts";
import { lookAt, sealRecord, type WireRecord } from "../../../../../lib/streams/record.ts";
import { sealDeadLetter } from "../../../../../lib/streams/seal_dead_letter.ts";
import type { NewRecord } from "../../../../../lib/streams/stream.ts";

const PLACE = { partition: "0", offset: "0", publishedAt: 1_700_000_000_000 };
const ERROR = { name: "TypeError", message: "total is no number", step: "price", tries: 3 };

function letterOf(record: NewRecord, error = ERROR): DeadLetter {
  return new DeadLetter(lookAt(sealDeadLetter(sealRecord(record, 0), error, "shop"), PLACE));
}

function show(letters: readonly DeadLetter[], count = letters.length): Record<string, string> {
  return displayLetters("redis://ann:secret@host/orders", { first: letters, count }) as Record<string, string>;
}

Deno.test("displayLetters() has a row for each letter: when, which, why, by whom, and the body in short", () => {
  const replay = { by: "ann@desk", at: new Date(0), count: 2 };
  const first = [
    letterOf({ id: "3f2a9c1b-0000-4000-8000-000000000001", key: "ann", body: { order: 1 }, replay }),
    letterOf({ id: "order-2", body: "x".repeat(500) }),
  ];
  deepStrictEqual(show(first, 7)["text/plain"]!.split("\n").map((line) => line.trimEnd()), [
    "7 dead letters of redis://***@host/orders, the first 2",
    "time                  id        key  step   error                          tries  group  again         body",
    `2023-11-14 22:13:20Z  3f2a9c1b  ann  price  TypeError: total is no number      3  shop   2×, ann@desk  {"order":1}`,
    `2023-11-14 22:13:20Z  order-2        price  TypeError: total is no number      3  shop                 "${
      "x".repeat(58)
    }…`,
  ]);
});

Deno.test("displayLetters() leaves out columns that would be empty, as for records of another hand", () => {
  const wire: WireRecord = { key: undefined, bytes: new TextEncoder().encode("plain"), headers: {} };
  deepStrictEqual(show([new DeadLetter(lookAt(wire, PLACE))])["text/plain"]!.split("\n"), [
    "1 dead letter of redis://***@host/orders",
    "time                  id   body",
    "2023-11-14 22:13:20Z  0-0  plain",
  ]);
});

Deno.test("displayLetters() says so where there is none", () => {
  const { "text/html": html, "text/plain": text } = show([]);
  deepStrictEqual(text, "No dead letters of redis://***@host/orders");
  ok(html!.includes("<p>No dead letters of redis://***@host/orders</p>"));
});

Deno.test("displayLetters() of hostile letters is no HTML, turns no text and moves no cursor", () => {
  const evil = "\x1b[2J\u202e<img src=x onerror=alert(1)>";
  const letter = letterOf({ id: evil, key: evil, body: evil }, { name: evil, message: evil, step: evil, tries: 1 });
  const { "text/html": html, "text/plain": text } = show([letter]);
  ok(!/<img|\u202e/.test(html!) && html!.includes("&lt;img src=x"));
  ok(!/[^\P{Cc}\n]|\u202e/u.test(text!));
});
