import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { openRecord, sealRecord, type WireRecord } from "../../../../lib/streams/record.ts";
import { lettersOf, sealDeadLetter } from "../../../../lib/streams/seal_dead_letter.ts";

const PLACE = { partition: "1", offset: "7", tries: 1, publishedAt: 1_000 };
const ERROR = { name: "Error", message: "no number", step: "price", tries: 3 };

const headerBytes = ({ key = "", headers }: WireRecord) =>
  Object.entries(headers).reduce(
    (sum, [name, text]) => sum + name.length + text.length,
    encodeURIComponent(key).length,
  );
const open = (wire: WireRecord) => openRecord<unknown>(wire, PLACE);

Deno.test("sealDeadLetter() keeps the record and adds what went wrong, however long, by what it has as a header", () => {
  const wire = sealRecord({ body: 1, key: "k", id: "a" }, 0);
  for (const text of ["ü", "漢", "🎈", "x", "%", "\ud800"].map((letter) => letter.repeat(50_000))) {
    const sealed = sealDeadLetter(wire, { name: text, message: text, step: text }, "g");
    ok(headerBytes(sealed) < 13_000, `${headerBytes(sealed)} bytes`);
    const { id, key, body, error, burial } = open(sealed);
    deepStrictEqual([id, key, body, burial?.group, burial?.cut], ["a", "k", 1, "g", undefined]);
    const [, kept, rest] = /^(.*?) … and (\d+) more letters$/su.exec(error!.message)!;
    ok(text.toWellFormed().startsWith(kept!) && kept!.length > 1_000, kept);
    strictEqual(kept!.length + Number(rest), text.length, "it says how much is missing");
  }
  const whole = open(sealDeadLetter(wire, { name: "E", message: "x".repeat(10_000), step: "s\ud800" }, "g")).error;
  deepStrictEqual(whole, { name: "E", message: "x".repeat(10_000), step: "s\ufffd" });
});

Deno.test("lettersOf() cuts between letters, wherever the cut falls", () => {
  for (let before = 0; before < 4; before++) {
    const text = `${"a".repeat(before)}${"😀".repeat(6_000)}`;
    for (const wire of lettersOf(sealRecord({ body: 1 }, 0), { name: text, message: text, step: text }, "g")) {
      const { name, message, step } = open(wire).error!;
      for (const told of [name, message, step]) {
        const [, kept, rest] = /^(.*?) … and (\d+) more letters$/su.exec(told)!;
        deepStrictEqual([text.startsWith(kept!), kept!.isWellFormed(), kept!.length + Number(rest)], [
          true,
          true,
          text.length,
        ]);
      }
    }
  }
});

/** The first letter that has no more bytes than a stream takes: of headers, and of all. */
function fitting(wire: WireRecord, error: Parameters<typeof lettersOf>[1], most: { headers?: number; all?: number }) {
  for (const letter of lettersOf(wire, error, "g")) {
    const ofHeaders = headerBytes(letter);
    const { headers = Infinity, all = Infinity } = most;
    if (ofHeaders <= headers && ofHeaders + letter.bytes.length <= all) return open(letter);
  }
  throw new Error("no letter fits");
}

Deno.test("lettersOf() cuts the message first, then the record's own headers, then the body, and says what was cut", () => {
  const wire = sealRecord({ id: "a", key: "k", body: "x".repeat(100_000), headers: { "x-a": "1".repeat(3_000) } }, 0);
  const all = headerBytes(wire) + wire.bytes.length;
  const error = { ...ERROR, message: "x".repeat(5_000) };
  const whole = fitting(wire, error, { all: all + 6_000 });
  deepStrictEqual([whole.error?.message.length, whole.burial?.cut], [5_000, undefined]);
  const noMessage = fitting(wire, error, { all: all + 1_000 });
  deepStrictEqual([noMessage.error?.message.slice(-24), noMessage.burial?.cut, noMessage.headers.has("x-a")], [
    " … and 4700 more letters",
    undefined,
    true,
  ]);
  const noHeaders = fitting(wire, error, { all });
  deepStrictEqual([noHeaders.headers.has("x-a"), noHeaders.headers.get("content-type"), noHeaders.burial?.cut], [
    false,
    "application/json",
    "1 header of 3003 letters",
  ]);
  deepStrictEqual([noHeaders.body, noHeaders.unreadable], ["x".repeat(100_000), undefined]);
  const noBody = fitting(wire, error, { all: all - 3_000 });
  deepStrictEqual([noBody.id, noBody.key, noBody.body, noBody.burial?.cut, noBody.unreadable], [
    "a",
    "k",
    wire.bytes.slice(0, 96_002),
    "1 header of 3003 letters; 4000 of 100002 bytes of the body",
    "cut: these are the first 96002 of its 100002 bytes, since its stream takes no larger ones",
  ]);
});

Deno.test("lettersOf() fits a letter where all that a record can have is as long as may be", () => {
  const long = "漢".repeat(7_000);
  const error = { name: long, message: long, step: long, tries: 5 };
  const wire = sealRecord({ id: long, key: long, path: long, body: new Uint8Array(50_000) }, 0);
  const ofHeaders = fitting(wire, error, { headers: 4_000 });
  deepStrictEqual([ofHeaders.id, ofHeaders.key, ofHeaders.path, ofHeaders.unreadable, ofHeaders.burial?.cut], [
    "1-7",
    undefined,
    undefined,
    undefined,
    "2 headers of 126020 letters; the key of 7000 letters",
  ]);
  strictEqual((ofHeaders.body as Uint8Array).length, 50_000, "the body was not it");
  const ofAll = fitting(wire, error, { all: 4_000 });
  deepStrictEqual([(ofAll.body as Uint8Array).length < 4_000, ofAll.burial?.tries], [true, 5]);
  ok([...lettersOf(wire, error, "g")].length < 40);
  ok([...lettersOf({ ...wire, bytes: new Uint8Array(500_000_000) }, error, "g")].length < 80);
});

Deno.test("lettersOf() gives a part of a body a version of its own, which who knows no parts does not take for a whole", () => {
  const wire = sealRecord({ id: "a", body: "x".repeat(10_000) }, 0);
  const foreign: WireRecord = { key: undefined, bytes: wire.bytes, headers: {} };
  const newer: WireRecord = { ...wire, headers: { ...wire.headers, "levada-envelope": "7" } };
  for (
    const [record, whole, part] of [[wire, "1", "1-part"], [foreign, undefined, "1-part"], [
      newer,
      "7",
      "7-part",
    ]] as const
  ) {
    const letters = [...lettersOf(record, ERROR, "g")];
    for (const { headers, bytes } of letters) {
      strictEqual(headers["levada-envelope"], bytes.length < wire.bytes.length ? part : whole);
    }
    const again = [...lettersOf(letters.at(-1)!, ERROR, "g")];
    deepStrictEqual(new Set(again.map(({ headers }) => headers["levada-envelope"])), new Set([part]));
    const { "levada-error-body-bytes": _, ...unknown } = letters.at(-1)!.headers; // as who knows no parts reads it
    match(
      open({ ...letters.at(-1)!, headers: unknown }).unreadable!,
      /^in an envelope of version \d-part, .*: read it with a newer one$/,
    );
  }
});

Deno.test("lettersOf() keeps what was cut before, where a letter is given up as a record", () => {
  const wire = sealRecord({ id: "a", body: new Uint8Array(50_000) }, 0);
  const [first] = [...lettersOf(wire, ERROR, "g")].slice(-1);
  strictEqual(open(first!).burial?.cut, "50000 of 50000 bytes of the body");
  const again = open(sealDeadLetter(first!, ERROR, "h"));
  deepStrictEqual([again.burial?.group, again.burial?.cut, again.unreadable], [
    "h",
    "50000 of 50000 bytes of the body",
    "cut: these are the first 0 of its 50000 bytes, since its stream takes no larger ones",
  ]);
});
