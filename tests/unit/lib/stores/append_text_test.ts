import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { appendText } from "../../../../lib/stores/append_text.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

Deno.test("appendText() makes the folder and the file, then adds to it", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a/b/c.txt`;
  const begin = (bytes: number) => Promise.resolve(bytes === 0 ? "first\n" : "");
  await appendText("1\n", { path, begin });
  await appendText("2\n", { path, begin });
  strictEqual(await Deno.readTextFile(path), "first\n1\n2\n");
});

Deno.test("appendText() ends a line that somebody left open", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/c.txt`;
  await Deno.writeTextFile(path, "open");
  await appendText("1\n", { path });
  strictEqual(await Deno.readTextFile(path), "open\n1\n");
});

Deno.test("appendText() hands over the beginning of the file, and leaves it alone when that is refused", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/c.txt`;
  await Deno.writeTextFile(path, "old\n");
  await rejects(
    appendText("1\n", {
      path,
      begin: async (bytes, head) => {
        throw new Error(`${bytes}: ${await head()}`);
      },
    }),
    { name: "DataError", message: `Cannot append to "${path}": 4: old` },
  );
  strictEqual(await Deno.readTextFile(path), "old\n");
});

Deno.test("appendText() gives each of many writers its turn: one header, whole lines", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/c.txt`;
  const begin = (bytes: number) => Promise.resolve(bytes === 0 ? "head\n" : "");
  const line = "x".repeat(100_000);
  await Promise.all(Array.from({ length: 20 }, (_, n) => appendText(`${n}${line}\n`, { path, begin })));
  const [head, ...lines] = (await Deno.readTextFile(path)).trimEnd().split("\n");
  strictEqual(head, "head");
  const numbers = lines.map((text) => Number(text.replace(line, ""))).sort((one, other) => one - other);
  deepStrictEqual(numbers, Array.from({ length: 20 }, (_, n) => n));
});

Deno.test("appendText() says what is in the way", async () => {
  await using folder = await temporaryFolder();
  await rejects(appendText("1\n", { path: folder.path }), /Cannot append to ".*": .*directory/i);
  await Deno.writeTextFile(`${folder.path}/file`, "");
  await rejects(appendText("1\n", { path: `${folder.path}/file/x.txt` }), { name: "DataError" });
  await rejects(appendText("1\n", { path: "/proc/version" }), { name: "DataError" });
});
