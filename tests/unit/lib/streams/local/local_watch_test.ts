import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { LocalDatabase } from "../../../../../lib/streams/local/local_database.ts";
import { LocalWatch } from "../../../../../lib/streams/local/local_watch.ts";
import { settle } from "../../../../../lib/testing/test_clock.ts";

/** A watch for which somebody waits; its timers run when they are told to, and what was asked of them is kept. */
class Lab {
  readonly pauses: number[] = [];
  version = 1;
  isLeft = false;
  looks = 0;
  #next: (() => void) | undefined;

  watch(newsMs?: number): LocalWatch {
    const prepare = () => ({ get: () => ({ data_version: this.version }) });
    const watch = new LocalWatch({ file: "f", place: this, prepare } as unknown as LocalDatabase, {
      look: () => void this.looks++,
      interest: () => "waiting",
      newsMs,
    });
    this.#within(() => watch.attend());
    return watch;
  }

  turn(times: number): void {
    for (let turn = 0; turn < times; turn++) this.#within(() => this.#next!());
  }

  #within(run: () => void): void {
    const { setTimeout } = globalThis;
    globalThis.setTimeout = ((next: () => void, ms: number) => {
      this.pauses.push(ms);
      this.#next = next;
      return 0;
    }) as never;
    run();
    globalThis.setTimeout = setTimeout;
  }
}

Deno.test("LocalWatch looks often where somebody waits, and oftener after news", () => {
  const lab = new Lab();
  const watch = lab.watch();
  lab.turn(100);
  strictEqual(lab.pauses.at(-1), 8);
  lab.version = 2;
  lab.turn(1);
  deepStrictEqual([lab.looks, lab.pauses.at(-1)], [1, 1]);
  watch.close();
});

Deno.test("LocalWatch looks as seldom as it is told, whatever comes, and at once when it is rung", async () => {
  const lab = new Lab();
  const watch = lab.watch(500);
  for (let version = 2; version < 7; version++) {
    lab.version = version;
    lab.turn(1);
    watch.attend();
  }
  strictEqual(lab.looks, 5);
  ok(lab.pauses.every((ms) => ms === 500), `${lab.pauses}`);
  watch.ring();
  await settle();
  strictEqual(lab.looks, 6);
  watch.close();
});
