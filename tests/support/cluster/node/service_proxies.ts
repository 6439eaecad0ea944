/** Services: a listener at the mirrored cluster address for every port, to the ready endpoints in turn. */
import { local } from "../egress.ts";
import type { Obj } from "./node_api.ts";

/** Listens for the Services that it is told of, and tells their names. */
export class ServiceProxies {
  /** `/etc/hosts` of each pod. */
  hostsText = "127.0.0.1 localhost\n";
  readonly #listeners = new Map<string, Deno.Listener>();
  readonly #services = new Map<string, Obj>();
  readonly #slices = new Map<string, Obj>();
  readonly #onHosts: (text: string) => void;

  constructor(onHosts: (text: string) => void) {
    this.#onHosts = onHosts;
  }

  onSlice(type: string, o: Obj): void {
    type === "DELETED" ? this.#slices.delete(o.metadata.uid) : this.#slices.set(o.metadata.uid, o);
  }

  onService(type: string, s: Obj): void {
    type === "DELETED" ? this.#services.delete(s.metadata.uid) : this.#services.set(s.metadata.uid, s);
    const want = new Map<string, [Obj, Obj]>();
    this.hostsText = "127.0.0.1 localhost\n";
    for (const v of this.#services.values()) {
      const { name, namespace } = v.metadata, ip = v.spec.clusterIP;
      if (!ip || ip === "None") continue;
      const n = `${name}.${namespace}`;
      this.hostsText += `${local(ip)} ${n} ${n}.svc ${n}.svc.cluster.local${
        namespace === "default" ? " " + name : ""
      }\n`;
      if (v.metadata.name !== "kubernetes") {
        for (const p of v.spec.ports) want.set(`${local(ip)}:${p.port}`, [v, p]);
      }
    }
    this.#onHosts(this.hostsText);
    for (const [k, l] of this.#listeners) if (!want.has(k)) this.#listeners.delete(k), l.close();
    for (const [k, [v, p]] of want) {
      if (this.#listeners.has(k)) continue;
      const [hostname = "", port] = k.split(":");
      const l = Deno.listen({ hostname, port: Number(port) });
      this.#listeners.set(k, l);
      this.#serve(l, v, p).catch(() => {});
    }
  }

  async #serve(l: Deno.Listener, v: Obj, p: Obj): Promise<void> {
    let turn = 0;
    for await (const conn of l) {
      const to = this.#endpoints(v, p);
      if (!to.length) {
        conn.close();
        continue;
      }
      const [hostname, port] = to[turn++ % to.length]!;
      Deno.connect({ hostname, port }).then((up) => {
        up.readable.pipeTo(conn.writable).catch(() => {});
        conn.readable.pipeTo(up.writable).catch(() => {});
      }, () => conn.close());
    }
  }

  #endpoints(v: Obj, p: Obj): [string, number][] {
    const to: [string, number][] = [];
    for (const e of this.#slices.values()) {
      if (
        e.metadata.namespace !== v.metadata.namespace ||
        e.metadata.labels["kubernetes.io/service-name"] !== v.metadata.name
      ) continue;
      const port = e.ports.find((q: Obj) => (q.name ?? "") === (p.name ?? ""))?.port;
      for (const d of e.endpoints ?? []) if (d.conditions.ready && port) to.push([local(d.addresses[0]), port]);
    }
    return to;
  }
}
