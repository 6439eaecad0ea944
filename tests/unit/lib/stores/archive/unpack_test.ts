import { deepStrictEqual, rejects } from "node:assert/strict";
import { unpackArchive } from "../../../../../lib/stores/archive/unpack.ts";
import { gzip, renamed, tarOf, zipOf } from "../../../../support/archives.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const LIMITS = { uri: "the archive", limitBytes: 1e9 };
const FILES = [["model.onnx", "onnx"], ["extra/a b.txt", "text"]] as const;
async function names(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, isDirectory } of await Array.fromAsync(Deno.readDir(folder))) {
    found.push(...isDirectory ? (await names(`${folder}/${name}`)).map((inner) => `${name}/${inner}`) : [name]);
  }
  return found.sort();
}

async function unpacked(bytes: Uint8Array, ending: string, limits: object = {}): Promise<string[]> {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a${ending}`;
  await Deno.writeFile(path, bytes);
  const into = `${folder.path}/in/deep`;
  try {
    const files = await unpackArchive(path, into, { ...LIMITS, ...limits });
    deepStrictEqual(Object.keys(files).sort(), await names(into));
    return await names(into);
  } finally {
    deepStrictEqual(
      (await names(folder.path)).filter((name) => name !== `a${ending}` && !name.startsWith("in/deep/")),
      [],
    );
  }
}

const KINDS = [
  [".zip", () => zipOf(FILES)],
  [".tar", () => tarOf(FILES)],
  [".tar.gz", async () => await gzip(await tarOf(FILES))],
  [".TGZ", async () => await gzip(await tarOf(FILES))],
] as const;

for (const [ending, make] of KINDS) {
  Deno.test(`unpackArchive() unpacks ${ending}`, async () => {
    deepStrictEqual(await unpacked(await make(), ending), ["extra/a b.txt", "model.onnx"]);
  });

  Deno.test(`unpackArchive() refuses ${ending} that is cut off or changed, wherever`, async () => {
    const whole = await make();
    for (const length of [0, 1, 10, Math.floor(whole.length / 2)]) {
      await rejects(unpacked(whole.slice(0, length), ending), { name: "StoreError", reason: "broken" }, `${length}`);
    }
    await rejects(unpacked(new TextEncoder().encode("no archive at all".repeat(100)), ending), {
      name: "StoreError",
      reason: "broken",
    });
  });
}

Deno.test("unpackArchive() gives length and hash of each file", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeFile(`${folder.path}/a.tar`, await tarOf([["model.onnx", "onnx"]]));
  const files = await unpackArchive(`${folder.path}/a.tar`, `${folder.path}/in`, LIMITS);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("onnx"))).toHex();
  deepStrictEqual(files, { "model.onnx": { bytes: 4, sha256: digest } });
});

Deno.test("unpackArchive() takes ./ in front and folders", async () => {
  deepStrictEqual(
    await unpacked(
      await tarOf([["./", { header: { type: "directory" } }], ["./d/", { header: { type: "directory" } }], [
        "./d/a",
        "x",
      ]]),
      ".tar",
    ),
    ["d/a"],
  );
  deepStrictEqual(await unpacked(await zipOf([["d/", ""], ["d/a", "x"]]), ".zip"), ["d/a"]);
});

const HOSTILE_TARS: readonly (readonly [title: string, entries: Parameters<typeof tarOf>[0], message: RegExp])[] = [
  ["a name that leads out", [["../evil", "x"]], /"\.\.\/evil" leads out of the archive$/],
  ["a name that leads out from within", [["a/../../evil", "x"]], /leads out/],
  ["an absolute name", [["/etc/evil", "x"]], /is an absolute path/],
  ["a disk", [["C:\\evil", "x"]], /is an absolute path/],
  ["backslashes that lead out", [["a\\..\\..\\evil", "x"]], /leads out/],
  ["a symbolic link", [["a", { header: { type: "symlink", linkname: "/etc" } }], ["a/evil", "x"]], /"a" is a link/],
  ["a hard link", [["a", { header: { type: "link", linkname: "../evil" } }]], /is a link/],
  ["a device", [["a", { header: { type: "character-device" } }]], /is no plain file/],
  ["a pipe", [["a", { header: { type: "fifo" } }]], /is no plain file/],
  ["a name twice", [["a", "x"], ["a", "y"]], /"a" is there twice/],
  ["a name twice but for its case", [["Model", "x"], ["model", "y"]], /is there twice/],
  ["a file in a file", [["a", "x"], ["a/b", "y"]], /lies in what is a file/],
  ["a file in place of a folder", [["a/b", "y"], ["a", "x"]], /is there twice/],
  ["a stream of another file", [["ab:c", "x"]], /has a ":"/],
  ["no file", [["a/", { header: { type: "directory" } }]], /it holds no file/],
];

for (const [title, entries, message] of HOSTILE_TARS) {
  Deno.test(`unpackArchive() refuses a tar file with ${title}`, async () => {
    await rejects(unpacked(await tarOf(entries), ".tar"), { name: "StoreError", reason: "broken", message });
  });
}

Deno.test("unpackArchive() refuses a zip file with what leads out, is a link, is double, or encrypted", async () => {
  const link = { externalFileAttributes: (0o120777 << 16) >>> 0, versionMadeBy: 0x0314 };
  const hostile: readonly (readonly [Uint8Array, RegExp])[] = [
    [renamed(await zipOf([["aa/bb/evil", "x"]]), "aa/bb/evil", "../../evil"), /leads out|broken/],
    [renamed(await zipOf([["aetc/evil", "x"]]), "aetc/evil", "/etc/evil"), /is an absolute path|broken/],
    [await zipOf([["a", "/etc", link]]), /is a link/],
    [renamed(await zipOf([["one", "x"], ["two", "y"]]), "two", "one"), /is there twice/],
    [await zipOf([["a", "x", { password: "p" }]]), /encrypted/],
  ];
  for (const [bytes, message] of hostile) {
    await rejects(unpacked(bytes, ".zip"), { name: "StoreError", reason: "broken", message });
  }
});

Deno.test("unpackArchive() refuses bombs before they are on the disk", async () => {
  const zeros = new Uint8Array(8_000_000);
  const limits = { freeBytes: 1_000_000 };
  for (
    const [bytes, ending] of [[await zipOf([["a", zeros]]), ".zip"], [
      await gzip(await tarOf([["a", zeros]])),
      ".tgz",
    ]] as const
  ) {
    await rejects(unpacked(bytes, ending, limits), {
      reason: "broken",
      message: /unpacks to more than \d+ bytes, a bomb perhaps/,
    });
    await rejects(unpacked(bytes, ending, { limitBytes: 1000 }), /unpacks to more than 1000 bytes/);
    deepStrictEqual(await unpacked(bytes, ending), ["a"]);
  }
  const many = await tarOf(Array.from({ length: 12 }, (_, index) => [`f${index}`, ""] as const));
  await rejects(unpacked(many, ".tar", { entries: 10 }), /has more than 10 entries/);
});

Deno.test("unpackArchive() refuses a tar file that ends between two entries", async () => {
  const whole = await tarOf([["a", "x"], ["b", "y"]]);
  for (const bytes of [whole.slice(0, 1024), whole.slice(0, 1536), whole.slice(0, 2048)]) {
    await rejects(unpacked(bytes, ".tar"), { reason: "broken" });
    await rejects(unpacked(await gzip(bytes), ".tgz"), { reason: "broken" });
  }
});

Deno.test("unpackArchive() notices a changed byte in a zip file and in gzip", async () => {
  const text = "abcdefghij".repeat(20);
  const zip = await zipOf([["a", text, { level: 0 }]]);
  await rejects(unpacked(renamed(zip, "abcdefghijabc", "abcdefghijabX"), ".zip"), { reason: "broken" });
  const tgz = await gzip(await tarOf([["a", text]]));
  tgz[tgz.length - 6]! ^= 1;
  await rejects(unpacked(tgz, ".tgz"), { reason: "broken" });
});
