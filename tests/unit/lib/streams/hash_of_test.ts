import { deepStrictEqual } from "node:assert/strict";
import { hashOf } from "../../../../lib/streams/hash_of.ts";
import { openLocal } from "../../../../lib/streams/local/open_local.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

/** Those of ASCII are known answers of FNV-1a with 32 bits; others go by UTF-16. Another hash moves the keys of every stream that is there. */
const KNOWN: Readonly<Record<string, number>> = {
  "": 0x811c9dc5,
  a: 0xe40c292c,
  foobar: 0xbf9cf968,
  "order 1": 0x977828ac,
  "customer-42": 0xfe68adbe,
  "ключ": 0x33a28ab9,
  "日本": 0x5ffcbea4,
  "🗝": 0x182d84ef,
  "a\0b": 0x10f3abd2,
};

Deno.test("hashOf() gives the same for a key as it always did", () => {
  deepStrictEqual(Object.fromEntries(Object.keys(KNOWN).map((key) => [key, hashOf(key)])), KNOWN);
});

Deno.test("a key has the partition that it always had: its hash, less all whole numbers of partitions", async () => {
  await using folder = await temporaryFolder();
  await using stream = await openLocal<number>("local://s?partitions=7", { folder: folder.path });
  const subscription = await stream.subscribe({ group: "g" });
  await stream.publish(Object.keys(KNOWN).map((key, body) => ({ key, body })));
  const { value } = await subscription.next();
  const partitions = Object.fromEntries(value!.records.map(({ key, partition }) => [key, partition]));
  deepStrictEqual(partitions, {
    "": "2",
    a: "5",
    foobar: "0",
    "order 1": "2",
    "customer-42": "0",
    "ключ": "6",
    "日本": "4",
    "🗝": "6",
    "a\0b": "3",
  });
});
