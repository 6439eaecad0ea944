import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { aloneIn, HOLDER } from "../../../../lib/image/hold_folder.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("aloneIn() waits for who writes there, says who that is, and can be given up", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, HOLDER);
  const other = await Deno.open(path, { read: true, write: true, create: true });
  await other.lock(true);
  await other.write(new TextEncoder().encode("77\n"));
  const states: string[] = [];
  const done: boolean[] = [];
  const waited = Promise.withResolvers<void>();
  const work = {
    check: (isLeft: boolean) => Promise.resolve(isLeft),
    write: (isLeft: boolean) => Promise.resolve(void done.push(isLeft)),
  };
  const stop = new AbortController();
  const given = aloneIn("try", folder.path, {
    ...work,
    signal: stop.signal,
    onWait: () => stop.abort(new Error("enough")),
  });
  await rejects(given, { message: "enough" });
  const writing = aloneIn("try", folder.path, {
    ...work,
    onWait: (state) => (states.push(state), waited.resolve()),
  });
  await waited.promise;
  deepStrictEqual([states, done], [[`waiting for process 77, which writes to ${folder.path}`], []]);
  await Deno.remove(path);
  other.close();
  await writing;
  deepStrictEqual(done, [false]); // it has come to its end
  strictEqual(await isThere(path), false);
});

Deno.test("aloneIn() leaves nothing where it may not write, and a mark where it does not come to an end", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "new", HOLDER);
  const refused = aloneIn("try", join(folder.path, "new"), {
    check: () => Promise.reject(new Error("not here")),
    write: () => Promise.resolve(),
  });
  await rejects(refused, { message: "not here" });
  strictEqual(await isThere(join(folder.path, "new")), false);
  const seen: boolean[] = [];
  const run = (write: () => Promise<void>) =>
    aloneIn("try", join(folder.path, "new"), { check: (isLeft) => Promise.resolve(void seen.push(isLeft)), write });
  await rejects(run(() => Promise.reject(new Error("disk full"))), { message: "disk full" });
  strictEqual(await isThere(path), true);
  await run(() => Promise.resolve());
  deepStrictEqual([seen, await isThere(path)], [[false, false, true, true], false]);
  await Deno.writeTextFile(join(folder.path, "file"), "");
  await rejects(aloneIn("try", join(folder.path, "file"), { check: async () => {}, write: async () => {} }), {
    name: "ImageError",
    message: /^Cannot try: .* Give another folder$/,
  });
});
