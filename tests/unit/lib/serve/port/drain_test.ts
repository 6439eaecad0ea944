import { ok, strictEqual } from "node:assert/strict";
import { Drain } from "../../../../../lib/serve/port/drain.ts";

const HOST = { hostname: "127.0.0.1", port: 0 };
const FEW = 8; // looks, fewer than anybody is waited for
const QUIET = 16; // for who says nothing
const BUSY = 101; // for who never stops

/** How many looks it takes until the port may be closed. */
function looksAt(drain: Drain, most: number): number {
  for (let looks = 1; looks <= most; looks += 1) if (drain.isEmpty()) return looks;
  return Infinity;
}

Deno.test({
  name: "Drain waits for who is not accepted, not read, new, or has just been read, and not for who stays",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using listener = Deno.listen(HOST);
    const { port } = listener.addr;
    using drain = new Drain([port]);
    strictEqual(looksAt(drain, BUSY), QUIET); // who knocked before newcomers were refused may come
    ok(drain.isEmpty());

    using asking = await Deno.connect({ ...HOST, port });
    strictEqual(looksAt(drain, BUSY), Infinity);
    using accepted = await listener.accept();
    strictEqual(looksAt(drain, FEW), Infinity); // new
    await asking.write(new Uint8Array(2));
    strictEqual(looksAt(drain, QUIET), Infinity); // not read
    await accepted.read(new Uint8Array(1));
    ok(!drain.isEmpty()); // not whole
    await accepted.read(new Uint8Array(1));
    ok(!drain.isEmpty()); // just now
    ok(drain.isEmpty());

    strictEqual(looksAt(drain, BUSY - 3 * QUIET), 1);
    await asking.write(new Uint8Array(1));
    for (let looks = 0; looks < BUSY && !drain.isEmpty(); looks += 1);
    ok(drain.isEmpty()); // it is told as the port closes
  },
});

Deno.test("Drain waits some looks where the kernel cannot be asked", { permissions: { net: true, ffi: false } }, () => {
  using drain = new Drain([1]);
  strictEqual(looksAt(drain, BUSY), QUIET);
});
