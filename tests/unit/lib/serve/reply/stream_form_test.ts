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
