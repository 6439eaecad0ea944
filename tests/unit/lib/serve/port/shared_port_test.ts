import { ok, rejects, strictEqual } from "node:assert/strict";
import { chooseAmong, chooseAmongAll, refuseNew } from "../../../../../lib/serve/port/shared_port.ts";

const HOST = { hostname: "127.0.0.1", port: 0 };

Deno.test({
  name: "a port that refuses new connections keeps those that it has, and who knocks is answered by nobody",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const listener = Deno.listen(HOST);
    const { port } = listener.addr;
    using kept = await Deno.connect({ ...HOST, port });
    using taken = await listener.accept();
    ok(refuseNew([port]));
    const refused = rejects(Deno.connect({ ...HOST, port }), Deno.errors.ConnectionRefused); // in a second, when it knocks again
    const accepted = listener.accept().then(({ close }) => close(), (error) => error);
    await kept.write(new Uint8Array([1, 2, 3]));
    strictEqual(await taken.read(new Uint8Array(8)), 3);
    listener.close();
    ok(await accepted instanceof Deno.errors.BadResource || await accepted instanceof Deno.errors.Interrupted);
    await refused;
  },
});

Deno.test({
  name: "the kernel is told nothing of a port that this process does not have, or where it may not be",
  permissions: { net: true, ffi: false },
  fn() {
    using listener = Deno.listen(HOST);
    strictEqual(refuseNew([listener.addr.port]), false);
    strictEqual(chooseAmong([listener.addr.port], { after: 1, count: 1 }), false);
  },
});

Deno.test("the kernel is told nothing of a port of nobody", () => {
  const listener = Deno.listen(HOST);
  listener.close();
  strictEqual(chooseAmongAll([listener.addr.port]), false);
});
