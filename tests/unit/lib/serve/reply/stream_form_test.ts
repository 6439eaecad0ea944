import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { streamForm } from "../../../../../lib/serve/reply/stream_form.ts";

Deno.test("streamForm() goes by what the caller names, else by the first chunk", () => {
  const forms: [unknown, string | null][] = [
    [1, null],
    ["one", null],
    [new Uint8Array(1), null],
    ["one", "*/*"],
    ["one", "text/event-stream"],
    ["one", "application/x-ndjson"],
    ["one", "application/jsonl, text/event-stream"],
    ["one", "application/jsonl;q=0.5, TEXT/Event-Stream ; charset=utf-8"],
    [1, "text/event-stream;q=0"],
    [1, "text/event-stream; q = nonsense"],
    [1, "__proto__, constructor, ,;;,"],
    [1, ",".repeat(100_000)],
  ];
  deepStrictEqual(forms.map(([first, accept]) => streamForm(first, accept).contentType), [
    "application/x-ndjson",
    "text/plain; charset=utf-8",
    "application/octet-stream",
    "text/plain; charset=utf-8",
    "text/event-stream",
    "application/x-ndjson",
    "application/x-ndjson",
    "text/event-stream",
    "application/x-ndjson",
    "application/x-ndjson",
    "application/x-ndjson",
    "application/x-ndjson",
  ]);
});

Deno.test("streamForm() writes text that would be an event of its own as the data of one", () => {
  const { write } = streamForm("", "text/event-stream");
  strictEqual(
    new TextDecoder().decode(write("a\n\nevent: error\rid: 1\r\n: b")),
    "data: a\ndata: \ndata: event: error\ndata: id: 1\ndata: : b\n\n",
  );
});

Deno.test("streamForm() refuses a chunk that JSON cannot hold", () => {
  throws(() => streamForm(1, null).write({ n: Infinity }), /Cannot send a chunk as JSON: n is Infinity/);
});

const PIECES = ["c3", "a9 f0 9f", "98", "80"].map((hex) =>
  Uint8Array.from(hex.split(" "), (byte) => parseInt(byte, 16))
);

Deno.test("streamForm() joins text that comes as bytes cut inside a character, each reply for itself", () => {
  for (
    const [first, accept, written] of [["", null, "é😀"], [
      PIECES[0],
      "text/event-stream",
      "data: é\n\ndata: 😀\n\n",
    ]] as const
  ) {
    const other = streamForm(first, accept);
    other.write(PIECES[0]);
    const form = streamForm(first, accept);
    const bytes = PIECES.flatMap((piece) => [...form.write(piece)]);
    form.end!();
    strictEqual(new TextDecoder().decode(new Uint8Array(bytes)), written);
  }
});

Deno.test("streamForm() refuses bytes as text that are none: never one letter for another", () => {
  const wrong = /Cannot send a chunk as text: its bytes are not UTF-8/;
  for (const [first, accept] of [["", null], ["", "text/event-stream"]] as const) {
    throws(() => streamForm(first, accept).write(new Uint8Array([0xff])), wrong);
    const cut = streamForm(first, accept);
    cut.write(PIECES[0]);
    throws(() => cut.write("text"), wrong);
    const ended = streamForm(first, accept);
    ended.write(PIECES[0]);
    throws(() => ended.end!(), wrong);
  }
  deepStrictEqual(streamForm(PIECES[0], null).write(new Uint8Array([0xff])), new Uint8Array([0xff]));
});

Deno.test("streamForm() joins text that is cut within a surrogate pair, and JSON escapes halves", () => {
  for (
    const [first, accept, written] of [
      ["", null, "a😀b😀"],
      [new Uint8Array(), null, "a😀b😀"],
      ["", "text/event-stream", "data: a\n\ndata: 😀b\n\ndata: 😀\n\n"],
      ["", "application/x-ndjson", '"a\\ud83d"\n"\\ude00b"\n"\\ud83d"\n"\\ude00"\n'],
    ] as const
  ) {
    const form = streamForm(first, accept);
    const bytes = ["a\ud83d", "\ude00b", "\ud83d", "\ude00"].flatMap((text) => [...form.write(text)]);
    form.end?.();
    strictEqual(new TextDecoder().decode(new Uint8Array(bytes)), written);
  }
});

Deno.test("streamForm() refuses half a surrogate pair as text, with its place: never one letter for another", () => {
  for (const [first, accept] of [["", null], [new Uint8Array(), null], ["", "text/event-stream"]] as const) {
    throws(() => streamForm(first, accept).write("😀\ude00"), /its letter \\ude00 at 2 is half of a surrogate pair/);
    throws(() => streamForm(first, accept).write("a\ud83db"), /its letter \\ud83d at 1 /);
    for (const next of ["b", "\ud83d\ud83d", new Uint8Array(1), { n: 1 }, undefined]) {
      const form = streamForm(first, accept);
      form.write("a\ud83d");
      throws(() => next === undefined ? form.end!() : form.write(next), /its letter \\ud83d at 0 /);
    }
  }
});
