/** A node's way to the API server: fetch with the kubeconfig's authority and client certificate. */

// deno-lint-ignore no-explicit-any -- objects of every kind, as the server has them
export type Obj = any;

/** The API as a node asks it. */
export interface NodeApi {
  readonly server: string;
  api(method: string, path: string, body?: Obj, type?: string): Promise<Obj>;
  patchStatus(path: string, status: Obj): Promise<Obj>;
  /** Lists, then watches from there, until the node stops. */
  watch(path: string, onEvent: (type: string, o: Obj) => void): Promise<void>;
  /** Tells of a pod. */
  event(pod: Obj, type: string, reason: string, message: string): void;
  /** What breaks from now on is not told. */
  stop(): void;
}

export const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
export const now = () => new Date().toISOString().replace(/\.\d+Z/, "Z");

/** The API of the cluster in a folder that `kube up` made. */
export function openApi(dir: string, node: string): NodeApi {
  let stopping = false;
  const kc = Deno.readTextFileSync(`${dir}/kubeconfig`);
  const field = (k: string) => new RegExp(`${k}: (\\S+)`).exec(kc)?.[1] ?? "";
  const server = field("server");
  const client = Deno.createHttpClient({
    caCerts: [atob(field("certificate-authority-data"))],
    cert: atob(field("client-certificate-data")),
    key: atob(field("client-key-data")),
  });
  async function api(method: string, path: string, body?: Obj, type = "application/json"): Promise<Obj> {
    const r = await fetch(server + path, {
      client,
      method,
      headers: { "content-type": type },
      body: body && JSON.stringify(body),
    });
    const o = await r.json();
    if (!r.ok) throw Object.assign(new Error(`${method} ${path}: ${r.status} ${o.message}`), { status: r.status });
    return o;
  }
  const patchStatus = (path: string, status: Obj) =>
    api("PATCH", path + "/status", { status }, "application/merge-patch+json");
  async function watch(path: string, onEvent: (type: string, o: Obj) => void) { // list, then watch from there, for ever
    const q = path.includes("?") ? "&" : "?", known = new Map<string, Obj>();
    for (;; await sleep(200)) {
      try {
        const list = await api("GET", path);
        const seen = new Set(list.items.map((o: Obj) => o.metadata.uid));
        for (const [u, o] of known) if (!seen.has(u)) known.delete(u), onEvent("DELETED", o);
        for (const o of list.items) known.set(o.metadata.uid, o), onEvent("MODIFIED", o);
        const r = await fetch(
          `${server}${path}${q}watch=1&timeoutSeconds=300&resourceVersion=${list.metadata.resourceVersion}`,
          { client },
        );
        if (!r.ok) throw new Error((await r.json()).message);
        let rest = "";
        for await (const chunk of r.body!.pipeThrough(new TextDecoderStream())) {
          const lines = (rest + chunk).split("\n");
          rest = lines.pop()!;
          for (const { type, object: o } of lines.map((l) => JSON.parse(l))) {
            if (type === "ERROR") throw new Error(o.message);
            type === "DELETED" ? known.delete(o.metadata.uid) : known.set(o.metadata.uid, o);
            onEvent(type, o);
          }
        }
      } catch (e) {
        if (stopping) return;
        console.error("watch", path, String(e));
      }
    }
  }
  function event(pod: Obj, type: string, reason: string, message: string) {
    const ns = pod.metadata.namespace, t = now();
    api("POST", `/api/v1/namespaces/${ns}/events`, {
      metadata: { generateName: pod.metadata.name + ".", namespace: ns },
      involvedObject: { apiVersion: "v1", kind: "Pod", name: pod.metadata.name, namespace: ns, uid: pod.metadata.uid },
      type,
      reason,
      message,
      firstTimestamp: t,
      lastTimestamp: t,
      count: 1,
      source: { component: "kubelet", host: node },
    }).catch(() => {});
  }

  return { server, api, patchStatus, watch, event, stop: () => void (stopping = true) };
}
