/** What streams between processes do on a disk that is full: a real one, small, in memory. */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { openLocal } from "../../../lib/streams/local/open_local.ts";
import type { StreamCase } from "./contract.ts";

const DISK_BYTES = 2_000_000;
const SOON_MS = 3_000;

/** What is tried on a full disk, where one may be mounted. */
export async function localCases(): Promise<AsyncDisposable & { readonly cases: readonly StreamCase[] }> {
  const folder = await Deno.makeTempDir({ prefix: "levada_full_" });
  const mounting = await command("mount", "-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", folder);
  if (mounting !== "") console.log(`skip local: a full disk cannot be made: ${mounting}`);
  return {
    cases: mounting === "" ? [fullDisk(folder)] : [],
    async [Symbol.asyncDispose]() {
      if (mounting === "") await command("umount", folder);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function fullDisk(folder: string): StreamCase {
  return {
    title:
      "a disk that is full is told at once, what is kept is read and acknowledged, and it goes on when there is room",
    async run() {
      const ballast = `${folder}/ballast`;
      await Deno.writeFile(ballast, new Uint8Array(DISK_BYTES / 2));
      await using stream = await openLocal<Uint8Array | number>("local://a?partitions=1", { folder });
      const subscription = await stream.subscribe({ group: "g" });
      await stream.publish([{ body: 1 }, { body: 2 }]);
      const { value: first } = await subscription.next();
      const startedAt = performance.now();
      const large = { body: new Uint8Array(100_000) };
      let kept = 0;
      await rejects(async () => {
        for (; kept < DISK_BYTES / large.body.length; kept++) await stream.publish([large]);
      }, {
        name: "StreamError",
        message: `Cannot publish to local://a: the disk is full (${folder}/a.db); none of the records is kept`,
      });
      await rejects(openLocal("local://b", { folder }), {
        name: "StreamError",
        message: `Cannot open local://b: the disk is full (${folder}/b.db)`,
      });
      ok(performance.now() - startedAt < SOON_MS);
      strictEqual(await stream.lag("g"), 2 + kept);
      await Deno.remove(ballast);
      await first!.ack();
      await stream.publish([{ body: 3 }]);
      const bodies: unknown[] = [];
      while (bodies.length < kept + 1) {
        const { value } = await subscription.next();
        bodies.push(...value!.records.map(({ body }) => body));
        await value!.ack();
      }
      deepStrictEqual([bodies.at(-1), await stream.lag("g")], [3, 0]);
      await (await openLocal("local://b", { folder })).close();
    },
  };
}

/** Runs a program of the system; tells what is wrong, nothing where it went well. */
async function command(program: string, ...args: string[]): Promise<string> {
  try {
    const { success, stderr } = await new Deno.Command(program, { args }).output();
    return success ? "" : new TextDecoder().decode(stderr).trim() || `${program} failed`;
  } catch (error) {
    return (error as Error).message;
  }
}
