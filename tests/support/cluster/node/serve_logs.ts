/** The kubelet's own port, where the API server asks for what containers wrote. */
import { sleep } from "./node_api.ts";

/** A pod whose logs are read. */
export interface LoggedPod {
  readonly dead: boolean;
  /** Which containers run. */
  readonly procs: ReadonlyMap<string, unknown>;
  /** When it was, `2026-01-01T00:00:00Z`. */
  readonly started: string;
  /** Where a container's log is. */
  log(container: string): string;
}

/** Serves the logs of the pods that `find` finds by `namespace/name`. */
export function serveLogs(dir: string, find: (name: string) => LoggedPod | undefined): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    cert: Deno.readTextFileSync(`${dir}/pki/apiserver.crt`),
    key: Deno.readTextFileSync(`${dir}/pki/apiserver.key`),
  }, async (req) => {
    const u = new URL(req.url), [, what, ns, pod, c] = u.pathname.split("/"), q = u.searchParams;
    const p = find(`${ns}/${pod}`);
    if (what !== "containerLogs" || !p) return new Response("not found\n", { status: 404 });
    const file = p.log(c!) + (q.get("previous") === "true" ? ".1" : "");
    let text = await Deno.readTextFile(file).catch(() => "");
    if (q.get("follow") === "true") text = text.slice(0, text.lastIndexOf("\n") + 1); // the rest of it comes when it is whole
    let at = new TextEncoder().encode(text).length;
    let line = 0; // times are made up: they keep the order of the lines
    const stamped = (text: string) =>
      text.replace(/.*\n/g, (one) => `${p.started.slice(0, -1)}.${String(line++).padStart(9, "0")}Z ${one}`);
    const told = (text: string) => q.get("timestamps") === "true" ? stamped(text) : text;
    if (q.has("tailLines")) {
      const all = text.split(/(?<=\n)/), some = all.slice(-Number(q.get("tailLines")));
      line = all.length - some.length;
      text = some.join("");
    }
    if (q.get("follow") !== "true") return new Response(told(text));
    return new Response(
      new ReadableStream({
        async start(out) {
          out.enqueue(new TextEncoder().encode(told(text)));
          for (let runs = true; runs && !p.dead && !req.signal.aborted; await sleep(100)) {
            runs = p.procs.has(c!); // asked before the file is read: what it wrote last is sent
            const all = await Deno.readFile(file).catch(() => new Uint8Array());
            const b = runs ? all.subarray(0, all.lastIndexOf(10) + 1) : all; // whole lines
            if (b.length > at) {
              try {
                out.enqueue(new TextEncoder().encode(told(new TextDecoder().decode(b.slice(at)))));
              } catch {
                return;
              }
            }
            at = b.length;
          }
          try {
            out.close();
          } catch { /* gone */ }
        },
      }),
    );
  });
}
