import type { Obj } from "./node_api.ts";

/** Probes a container once: why it fails, or "". */
export async function probe(p: Obj, c: Obj, host: string): Promise<string> {
  const port = (x: Obj) => typeof x === "number" ? x : c.ports?.find((q: Obj) => q.name === x)?.containerPort;
  const ms = (p.timeoutSeconds ?? 1) * 1000;
  try {
    if (p.httpGet) {
      const headers = Object.fromEntries((p.httpGet.httpHeaders ?? []).map((h: Obj) => [h.name, h.value]));
      const r = await fetch(`http://${host}:${port(p.httpGet.port)}${p.httpGet.path ?? "/"}`, {
        headers,
        signal: AbortSignal.timeout(ms),
        redirect: "manual",
      });
      await r.body?.cancel();
      return r.status >= 200 && r.status < 400 ? "" : `HTTP probe failed with statuscode: ${r.status}`;
    } else if (p.tcpSocket) (await Deno.connect({ hostname: host, port: port(p.tcpSocket.port) })).close();
    else if (p.exec) {
      return (await new Deno.Command(p.exec.command[0], {
          args: p.exec.command.slice(1),
          stdout: "null",
          stderr: "null",
        }).output()).success
        ? ""
        : "exec failed";
    }
    return "";
  } catch (e) {
    return String(e);
  }
}
