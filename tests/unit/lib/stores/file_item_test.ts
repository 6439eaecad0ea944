import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { FileItem } from "../../../../lib/stores/file_item.ts";

interface Folder extends AsyncDisposable {
  readonly path: string;
}

async function folder(): Promise<Folder> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function withText(path: string, text = "0123456789"): Promise<FileItem> {
  const item = new FileItem(`${path}/digits.txt`);
  await item.put(text);
  return item;
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

Deno.test("FileItem puts and gets bytes and text", async () => {
  await using temporary = await folder();
  const item = await withText(temporary.path);
  strictEqual(textOf(await item.get()), "0123456789");
  await item.put(Uint8Array.of(0, 255));
  deepStrictEqual([...await item.get()], [0, 255]);
});

Deno.test("FileItem gets a range: from the first byte to behind the last", async () => {
  await using temporary = await folder();
  const item = await withText(temporary.path);
  strictEqual(textOf(await item.get({ from: 2, to: 5 })), "234");
  strictEqual(textOf(await item.get({ from: 8, to: 100 })), "89");
  strictEqual(textOf(await item.get({ from: 100, to: 200 })), "");
  strictEqual(textOf(await item.get({ from: 3, to: 3 })), "");
});

Deno.test("FileItem refuses a range that is none", async () => {
  await using temporary = await folder();
  const item = await withText(temporary.path);
  for (const range of [{ from: -1, to: 2 }, { from: 3, to: 2 }, { from: 0.5, to: 2 }, { from: 0, to: NaN }]) {
    await rejects(item.get(range), { name: "RangeError", message: /Cannot read bytes .* of ".*digits\.txt"/ });
  }
});

Deno.test("FileItem streams its bytes", async () => {
  await using temporary = await folder();
  const item = await withText(temporary.path, "x".repeat(200_000));
  strictEqual((await new Response(await item.stream()).text()).length, 200_000);
});

Deno.test("FileItem tells its size, its time and what it is", async () => {
  await using temporary = await folder();
  const item = await withText(temporary.path);
  const { kind, bytes, modified } = await item.stat();
  deepStrictEqual([kind, bytes], ["file", 10]);
  ok(Math.abs(Date.now() - modified.getTime()) < 60_000);
  strictEqual((await new FileItem(temporary.path).stat()).kind, "directory");
});

Deno.test("FileItem lists a directory", async () => {
  await using temporary = await folder();
  await withText(temporary.path);
  await Deno.mkdir(`${temporary.path}/sub`);
  deepStrictEqual((await Array.fromAsync(new FileItem(temporary.path).list())).sort(), ["digits.txt", "sub/"]);
});

Deno.test("FileItem tells that there is no such file, whatever is asked", async () => {
  await using temporary = await folder();
  const item = new FileItem(`${temporary.path}/none/x`);
  const expected = { name: "NotFound", message: /none\/x": there is no such file$/ };
  await rejects(item.get(), expected);
  await rejects(item.get({ from: 0, to: 1 }), expected);
  await rejects(item.stream(), expected);
  await rejects(item.stat(), expected);
  await rejects(item.put("x"), expected);
  await rejects(Array.fromAsync(item.list()), expected);
});

Deno.test("FileItem tells that a directory holds no bytes", async () => {
  await using temporary = await folder();
  const item = new FileItem(temporary.path);
  await rejects(item.get(), { message: /it is a directory$/ });
  await rejects(item.get({ from: 0, to: 1 }), { message: /it is a directory$/ });
  await rejects(item.put("x"));
});

Deno.test("FileItem leaves nothing half behind when it cannot put", async () => {
  await using temporary = await folder();
  await Deno.mkdir(`${temporary.path}/taken`);
  await rejects(new FileItem(`${temporary.path}/taken`).put("x"));
  deepStrictEqual((await Array.fromAsync(Deno.readDir(temporary.path))).map(({ name }) => name), ["taken"]);
});
