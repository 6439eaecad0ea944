/** What every store must do, asked of real servers. */

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { openItem } from "../../../lib/stores/data_item.ts";
import type { StoreLab } from "./store_lab.ts";

/** One promise. */
export interface StoreCase {
  readonly title: string;
  run(lab: StoreLab): Promise<void>;
}

const HELLO = new TextEncoder().encode("hello world");
const ODD_KEYS = [
  "plain.txt",
  "with space",
  "a+b",
  "ä/日本語/😀",
  "q?x=1&y#z",
  "100%25",
  "quote'\"(!)*~",
  "-_.~",
  "deep/er/est/file",
  "semi;colon,at@",
];
const MANY = 1005; // a page has 1,000 names
const AT_ONCE = 32;
const BIG_BYTES = 48 * 1024 * 1024;

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Bytes that no part of can be taken for another. */
function bigBytes(): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(BIG_BYTES / 4);
  for (let index = 0; index < words.length; index++) words[index] = Math.imul(index, 2654435761);
  return new Uint8Array(words.buffer);
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

export const STORE_CASES: readonly StoreCase[] = [
  {
    title: "what is put is what is got, whatever the key",
    async run({ base, options }) {
      for (const key of ODD_KEYS) {
        const item = openItem(`${base}odd/${key}`, options);
        await item.put(`text of ${key}`);
        strictEqual(textOf(await item.get()), `text of ${key}`);
      }
      const names = (await Array.fromAsync(openItem(`${base}odd/`, options).list())).sort();
      const expected = new Set(ODD_KEYS.map((key) => /^[^/]*\/?/.exec(key)![0]));
      deepStrictEqual(names, [...expected].sort());
    },
  },
  {
    title: "another program reads what we write, and we read what it writes",
    async run({ base, options, witness }) {
      await openItem(`${base}witness/ours`, options).put(HELLO);
      strictEqual(textOf(await witness.read("witness/ours")), "hello world");
      await witness.write("witness/theirs", HELLO);
      strictEqual(textOf(await openItem(`${base}witness/theirs`, options).get()), "hello world");
    },
  },
  {
    title: "ranges: the first, the last, beyond the end, none",
    async run({ base, options }) {
      const item = openItem(`${base}range`, options);
      await item.put(HELLO);
      const cut = async (from: number, to: number) => textOf(await item.get({ from, to }));
      deepStrictEqual(
        [
          await cut(0, 1),
          await cut(0, 5),
          await cut(6, 11),
          await cut(6, 100),
          await cut(10, 11),
          await cut(11, 12),
          await cut(50, 60),
          await cut(3, 3),
        ],
        ["h", "hello", "world", "world", "d", "", "", ""],
      );
    },
  },
  {
    title: "an empty object is one",
    async run({ base, options }) {
      const item = openItem(`${base}empty`, options);
      await item.put(new Uint8Array());
      deepStrictEqual([
        (await item.get()).length,
        (await item.stat()).bytes,
        (await item.get({ from: 0, to: 5 })).length,
      ], [0, 0, 0]);
      deepStrictEqual(await Array.fromAsync(await item.stream()), []);
    },
  },
  {
    title: "stat tells length, time, version and MD5; another version for other bytes",
    async run({ base, options }) {
      const item = openItem(`${base}stat`, options);
      await item.put(HELLO);
      const one = await item.stat();
      deepStrictEqual([one.kind, one.bytes, one.md5], ["file", 11, "5eb63bbbe01eeed093cb22bb8f5acdc3"]);
      strictEqual(Math.abs(Date.now() - one.modified.getTime()) < 60_000, true);
      strictEqual((await item.stat()).version, one.version);
      await item.put("hello World");
      strictEqual((await item.stat()).version === one.version, false);
    },
  },
  {
    title: "a directory is where names begin with it and a slash",
    async run({ base, options }) {
      await openItem(`${base}tree/a/one`, options).put("1");
      await openItem(`${base}tree/a/b/two`, options).put("2");
      await openItem(`${base}tree/ab`, options).put("3");
      for (const path of ["tree/a", "tree/a/"]) {
        deepStrictEqual((await Array.fromAsync(openItem(base + path, options).list())).sort(), ["b/", "one"]);
        strictEqual((await openItem(base + path, options).stat()).kind, "directory");
      }
    },
  },
  {
    title: "what is not there is told as missing",
    async run({ base, options }) {
      const item = openItem(`${base}nothing/here`, options);
      for (
        const act of [
          () => item.get(),
          () => item.get({ from: 0, to: 1 }),
          () => item.stream(),
          () => item.stat(),
          () => Array.fromAsync(item.list()),
        ]
      ) {
        await rejects(act, { name: "StoreError", reason: "missing" });
      }
      const bucket = base.replace(/\/\/[^/]*/, "//no-such-bucket-here");
      await rejects(openItem(`${bucket}x`, options).get(), { name: "StoreError", reason: "missing" });
    },
  },
  {
    title: "strangers are told that they may not, and no secret",
    async run({ base, options, strangers = {}, secrets }) {
      await openItem(`${base}private`, options).put("private");
      for (const [who, theirs] of Object.entries(strangers)) {
        const item = openItem(`${base}private`, theirs);
        for (
          const act of [() => item.get(), () => item.put("x"), () => Array.fromAsync(openItem(base, theirs).list())]
        ) {
          const error = await act().then(() => undefined, (thrown: Error) => thrown);
          deepStrictEqual([who, error?.name, (error as { reason?: string })?.reason], [who, "StoreError", "forbidden"]);
          const shown = Deno.inspect(error, { depth: 20 }) + Deno.inspect(item, { depth: 20 });
          deepStrictEqual(secrets.filter((secret) => shown.includes(secret)), []);
        }
      }
      strictEqual(textOf(await openItem(`${base}private`, options).get()), "private");
    },
  },
  {
    title: "48 MiB go and come whole, also as a stream, and a stream may be left",
    async run({ base, options }) {
      const bytes = bigBytes();
      const item = openItem(`${base}big`, options);
      await item.put(bytes);
      const expected = await digest(bytes);
      strictEqual(await digest(await item.get()), expected);
      const parts = await Array.fromAsync(await item.stream());
      strictEqual(await digest(await new Blob(parts as Uint8Array<ArrayBuffer>[]).bytes()), expected);
      deepStrictEqual(await item.get({ from: BIG_BYTES - 4, to: BIG_BYTES }), bytes.slice(-4));
      for await (const _ of await item.stream()) break;
      strictEqual((await item.get({ from: 1, to: 2 })).length, 1);
    },
  },
  {
    title: `${MANY} names are listed, page by page`,
    async run({ base, options }) {
      const names = Array.from({ length: MANY }, (_, index) => `n${String(index).padStart(4, "0")}`);
      const left = [...names];
      await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        for (let name = left.pop(); name !== undefined; name = left.pop()) {
          await openItem(`${base}many/${name}`, options).put("x");
        }
      }));
      deepStrictEqual((await Array.fromAsync(openItem(`${base}many`, options).list())).sort(), names);
    },
  },
];
