import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { TestClock } from "../../../../../lib/testing/test_clock.ts";
import { HangUps } from "../../../../../lib/serve/port/hang_ups.ts";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

/** A table of connections, as Linux writes it, that a test changes. */
class Table {
  readonly #rows = new Map<string, string>();

  set(remote: string, state: string | undefined, { port = 8080, local = "0100007F" } = {}): void {
    const key = `${local}:${port.toString(16).toUpperCase().padStart(4, "0")} ${remote}`;
    if (state === undefined) this.#rows.delete(key);
    else this.#rows.set(key, state);
  }

  read(): Promise<string> {
    const rows = [...this.#rows].map(([key, state], index) =>
      `${String(index).padStart(4)}: ${key} ${state} 00000000:0\n`
    );
    return Promise.resolve(HEAD + rows.join(""));
  }
}

/** A port that listens, its table, and what looks at that so many times. */
async function lab() {
  const table = new Table();
  table.set(LISTENS, "0A");
  const clock = new TestClock();
  const hangUps = (await HangUps.open(8080, { read: () => table.read(), clock }))!;
  return { table, hangUps, clock, look: (times = 1) => clock.advance(250 * times) };
}

const LISTENS = "00000000:0000";

Deno.test("HangUps.open() gives none where no table tells of the port", async () => {
  const table = new Table();
  const parts = { read: () => table.read() };
  strictEqual(await HangUps.open(8080, parts), undefined);
  table.set(LISTENS, "0A", { port: 8081 });
  strictEqual(await HangUps.open(8080, parts), undefined);
  table.set(LISTENS, "01");
  strictEqual(await HangUps.open(8080, parts), undefined);
  table.set(LISTENS, "0A");
  ok(await HangUps.open(8080, parts) !== undefined);
});

Deno.test("HangUps.watch() calls back for who has closed, and for who is gone twice in a row; nobody else", async () => {
  const { table, hangUps, clock, look } = await lab();
  const left: number[] = [];
  const ends = [1, 2, 3].map((port) => hangUps.watch({ hostname: "127.0.0.1", port }, () => left.push(port)));
  for (const port of [1, 2, 3]) table.set(`0100007F:000${port}`, "01");
  table.set("0100007F:0001", "08", { port: 9090 }); // of another server
  await look(1);
  deepStrictEqual(left, []);
  table.set("0100007F:0001", "08");
  table.set("0100007F:0002", undefined);
  await look(1);
  deepStrictEqual(left, [1]);
  table.set("0100007F:0002", "01"); // it was left out
  await look(1);
  table.set("0100007F:0002", undefined);
  await look(2);
  deepStrictEqual(left, [1, 2]);
  for (const end of ends) end();
  strictEqual(clock.timers, 0);
});

Deno.test("HangUps.watch() knows addresses of both versions as the table writes them", async () => {
  for (
    const [hostname, written] of [
      ["10.1.2.255", "FF02010A"],
      ["::ffff:10.1.2.255", "FF02010A"],
      ["10.1.2.255", "0000000000000000FFFF0000FF02010A"],
      ["::1", "00000000000000000000000001000000"],
      ["2001:db8::8:800:200c:417a", "B80D012000000000000808007A410C20"],
      ["fe80::1%eth0", "000080FE000000000000000001000000"],
      ["::", "00000000000000000000000000000000"],
    ]
  ) {
    const { table, hangUps, clock, look } = await lab();
    let hasLeft = false;
    const end = hangUps.watch({ hostname: hostname!, port: 0xabcd }, () => hasLeft = true);
    table.set(`${written}:ABCD`, "01");
    await look(3);
    strictEqual(hasLeft, false, `${hostname} is there`);
    table.set(`${written}:ABCD`, "08");
    await look(1);
    strictEqual(hasLeft, true, `${hostname} has left`);
    end();
    strictEqual(clock.timers, 0);
  }
});

Deno.test("HangUps.watch() takes nobody for gone whose port leads to another address of the server too, nor one of several requests", async () => {
  const { table, hangUps, clock, look } = await lab();
  const left: string[] = [];
  const remote = { hostname: "127.0.0.1", port: 1 };
  const ends = ["one", "other"].map((name) => hangUps.watch(remote, () => left.push(name)));
  for (const [first, second] of [["01", "08"], ["08", "01"]]) {
    table.set("0100007F:0001", first, { local: "0100007F" });
    table.set("0100007F:0001", second, { local: "0200007F" });
    await look(3);
  }
  deepStrictEqual(left, []);
  for (const local of ["0100007F", "0200007F"]) table.set("0100007F:0001", "08", { local });
  await look();
  deepStrictEqual(left, ["one", "other"]);
  for (const end of ends) end();
  strictEqual(clock.timers, 0);
});

Deno.test("HangUps.watch() takes nobody for gone by an address that is none, or a table that is empty", async () => {
  const { table, hangUps, clock, look } = await lab();
  const left: string[] = [];
  const ends = ["/run/x.sock", "1.2.3", "g::1", "1:2:3", "127.0.0.1"].map((hostname) =>
    hangUps.watch({ hostname, port: 1 }, () => left.push(hostname))
  );
  table.set(LISTENS, undefined);
  await look(3);
  deepStrictEqual(left, []);
  for (const end of ends) end();
  strictEqual(clock.timers, 0);
});
