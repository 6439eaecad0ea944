// minikubelet: registers one Node at a test API server and runs its pods as real processes of this machine. Tests only.
//   deno run -A minikubelet.ts --dir DIR [--node mini-0] [--images images.json] [--backoff 1]
// DIR is the one `kube up` made (its kubeconfig is used). images.json maps an image prefix to what runs for it, read at each start:
//   {"levada/serving": {"argv": ["deno", "run", "-A", "main.ts"], "cwd": "...", "env": {"A": "b"}}}
// An image of a registry on loopback, `localhost:5000/shop:1`, is pulled and unpacked (node/image_store.ts), and runs as its user or the pod's
// with nothing else of this machine and no way out of it. Others "cannot be pulled" (ErrImagePull, then ImagePullBackOff).
//
// Addresses. Endpoints may not hold loopback addresses, and a test must not send to any other. So a pod gets 10.x.a.b in the
// API and listens at 127.x.a.b; a Service has clusterIP 10.y.a.b and is proxied at 127.y.a.b (`local()` says it; x and y are
// each cluster's own, so that several live side by side). The API server reaches both by egress.ts. Programs that bind 0.0.0.0
// are steered to their pod's address by a small preloaded library (bindpod.c, needs cc; not for static Go).
// Inside a pod, service names resolve through /etc/hosts; mounts lie at their real paths: each container has a mount namespace
// with an overlay of /, or of its image (so it needs root: an unprivileged user namespace may not overlay /). The rest of the machine is shared:
// no network or pid namespace, no cgroup limits; runAsUser is obeyed for unpacked images only.

import { listenEgress, local } from "./egress.ts";
import { ImageStore, type Logins, type NodeImage } from "./node/image_store.ts";
import { startContainer } from "./node/start_container.ts";

// deno-lint-ignore no-explicit-any -- objects of every kind, as the server has them
type Obj = any;
const opt = (name: string, dflt: string) => {
  const i = Deno.args.indexOf("--" + name);
  return i < 0 ? dflt : Deno.args[i + 1]!;
};
const dir = Deno.realPathSync(opt("dir", ".")), node = opt("node", "mini-0");
const backoffBase = Number(opt("backoff", "1")) * 1000;
const imagesFile = opt("images", "");
const [, podFirst, podSecond] = /^PODNET=(\d+)\.(\d+)$/m.exec(Deno.readTextFileSync(`${dir}/env`))!;
Deno.listen({ hostname: `127.${podFirst}.${Number(podSecond) + 15}.254`, port: 6443 }); // so `kube` draws another net for the next cluster
listenEgress(dir);
const images = new ImageStore(`${dir}/layers`);
/** What runs for an image: as it is written now, so that a test may add its own. */
function namedImage(name: string): NodeImage | undefined {
  const all = imagesFile ? JSON.parse(Deno.readTextFileSync(imagesFile)) : {};
  const key = Object.keys(all).filter((p) => name.startsWith(p)).sort((a, b) => b.length - a.length)[0];
  if (key === undefined) return undefined;
  if (all[key].error !== undefined) throw new Error(all[key].error);
  const { argv: [first, ...args], cwd, env = {} } = all[key];
  return { // "deno" is the one that runs this; cwd is relative to the file, and "/" if not given
    entry: [first === "deno" ? Deno.execPath() : first, ...args],
    words: [],
    cwd: cwd ? new URL(cwd + "/", "file://" + Deno.realPathSync(imagesFile)).pathname : "/",
    env,
  };
}
const hostEnv = {
  PATH: `${Deno.execPath().replace(/\/[^/]*$/, "")}:${Deno.env.get("PATH")}`,
  HOME: Deno.env.get("HOME") ?? "/",
};
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
const now = () => new Date().toISOString().replace(/\.\d+Z/, "Z");

// ---- API client: fetch with the kubeconfig's CA and client certificate
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
let stopping = false;

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

// ---- one pod
const pods = new Map<string, Pod>();
const usedIps = new Set<number>();
let hostsText = "127.0.0.1 localhost\n";

class Pod {
  ip: string;
  ipNo = 1;
  home: string;
  dead = false;
  status = new Map<string, Obj>();
  procs = new Map<string, Deno.ChildProcess>();
  starts = new Map<string, number>();
  ready = new Map<string, boolean>();
  since = new Map<string, [string, string]>();
  volumes = new Map<string, string>();
  initDone = false;
  phase = "Pending";
  started = now();
  writing = Promise.resolve();
  constructor(public o: Obj) {
    while (usedIps.has(this.ipNo)) this.ipNo++;
    usedIps.add(this.ipNo);
    this.ip = `10.${podFirst}.${Number(podSecond) + (this.ipNo >> 8)}.${this.ipNo & 255}`;
    this.home = `${dir}/pods/${o.metadata.uid}`;
    Deno.mkdirSync(this.home, { recursive: true });
    Deno.writeTextFileSync(`${this.home}/hosts`, hostsText);
    this.run().catch((e) => console.error(this.name, e));
  }
  get name() {
    return `${this.o.metadata.namespace}/${this.o.metadata.name}`;
  }
  get path() {
    return `/api/v1/namespaces/${this.o.metadata.namespace}/pods/${this.o.metadata.name}`;
  }
  log(c: string) {
    return `${this.home}/${c}.log`;
  }

  report() { // writes the whole status; calls are queued so that the last one wins
    const cond = (type: string, ok: boolean, reason?: string) => {
      const s = ok ? "True" : "False", old = this.since.get(type);
      if (old?.[0] !== s) this.since.set(type, [s, now()]);
      return { type, status: s, lastTransitionTime: this.since.get(type)![1], ...(ok || !reason ? {} : { reason }) };
    };
    const cs = this.o.spec.containers.map((c: Obj) => this.status.get(c.name) ?? blank(c));
    const allReady = this.phase === "Running" && cs.every((c: Obj) => c.ready) && !this.dead;
    const status = {
      phase: this.phase,
      hostIP: "127.0.0.1",
      podIP: this.ip,
      podIPs: [{ ip: this.ip }],
      startTime: this.started,
      conditions: [
        ...(this.o.status.conditions ?? []).filter((c: Obj) => c.type === "PodScheduled"),
        cond("PodReadyToStartContainers", true),
        cond("Initialized", this.initDone, "ContainersNotInitialized"),
        cond("ContainersReady", allReady, "ContainersNotReady"),
        cond("Ready", allReady, "ContainersNotReady"),
      ],
      containerStatuses: cs,
      initContainerStatuses: this.o.spec.initContainers?.map((c: Obj) => this.status.get(c.name) ?? blank(c)),
    };
    this.writing = this.writing.then(() => patchStatus(this.path, status)).then(() => {}, (e) => {
      if (e.status !== 404) console.error(String(e));
    });
  }
  set(c: Obj, change: Obj) {
    this.status.set(c.name, { ...(this.status.get(c.name) ?? blank(c)), ...change });
    this.report();
  }

  async run() {
    this.report();
    for (let tries = 0; !this.dead; tries++, await sleep(1000)) {
      try {
        for (const v of this.o.spec.volumes ?? []) this.volumes.set(v.name, await this.volume(v));
        break;
      } catch (e) {
        if (tries % 10 === 0) event(this.o, "Warning", "FailedMount", String(e));
      }
    }
    for (const c of this.o.spec.initContainers ?? []) if (!await this.container(c, true)) return;
    this.initDone = true;
    this.phase = "Running";
    const ends = await Promise.all(this.o.spec.containers.map((c: Obj) => this.container(c, false)));
    if (this.dead) return;
    this.phase = ends.every((ok) => ok) ? "Succeeded" : "Failed";
    this.report();
  }

  async source(kind: string, name: string, optional?: boolean): Promise<Record<string, Uint8Array>> {
    try {
      const o = await api("GET", `/api/v1/namespaces/${this.o.metadata.namespace}/${kind}/${name}`);
      const bytes = (b: string) => Uint8Array.from(atob(b), (c) => c.charCodeAt(0));
      const all: Record<string, Uint8Array> = {};
      const text = kind === "secrets" ? {} : o.data ?? {},
        binary = kind === "secrets" ? o.data ?? {} : o.binaryData ?? {};
      for (const k in text) all[k] = new TextEncoder().encode(text[k]);
      for (const k in binary) all[k] = bytes(binary[k]);
      return all;
    } catch (e) {
      if (optional && (e as Obj).status === 404) return {};
      throw e;
    }
  }
  async volume(v: Obj): Promise<string> { // a directory on the host with the volume's content
    const d = `${this.home}/volumes/${v.name}`;
    Deno.mkdirSync(d, { recursive: true });
    if (v.emptyDir) Deno.chmodSync(d, 0o777);
    const put = (files: Record<string, Uint8Array>, items?: Obj[]) => {
      for (const { key, path } of items ?? Object.keys(files).map((key) => ({ key, path: key }))) {
        if (!(key in files)) throw new Error(`references non-existent key ${key}`);
        Deno.mkdirSync(`${d}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
        Deno.writeFileSync(`${d}/${path}`, files[key]!);
      }
    };
    for (const s of v.projected?.sources ?? [v]) {
      if (s.configMap) put(await this.source("configmaps", s.configMap.name, s.configMap.optional), s.configMap.items);
      else if (s.secret) {
        put(await this.source("secrets", s.secret.secretName ?? s.secret.name, s.secret.optional), s.secret.items);
      } else if (s.downwardAPI) {
        for (const i of s.downwardAPI.items) {
          put({ x: new TextEncoder().encode(this.fieldRef(i.fieldRef?.fieldPath)) }, [{ key: "x", path: i.path }]);
        }
      } else if (s.serviceAccountToken) {
        const { expirationSeconds, audience, path } = s.serviceAccountToken;
        const t = await api(
          "POST",
          `/api/v1/namespaces/${this.o.metadata.namespace}/serviceaccounts/${this.o.spec.serviceAccountName}/token`,
          {
            spec: {
              expirationSeconds,
              audiences: audience ? [audience] : undefined,
              boundObjectRef: { apiVersion: "v1", kind: "Pod", name: this.o.metadata.name, uid: this.o.metadata.uid },
            },
          },
        );
        put({ x: new TextEncoder().encode(t.status.token) }, [{ key: "x", path }]);
      } else if (s.hostPath) return s.hostPath.path;
    }
    return d;
  }
  fieldRef(path = ""): string {
    if (path === "status.podIP") return this.ip;
    const m = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
    return m ? this.o.metadata[m[1]!]?.[m[2]!] ?? "" : String(path.split(".").reduce((o, k) => o?.[k], this.o) ?? "");
  }
  async environment(c: Obj): Promise<Record<string, string>> {
    const env: Record<string, string> = {
      HOSTNAME: this.o.metadata.name,
      POD_BIND: local(this.ip),
      LEVADA_POD_UID: this.o.metadata.uid,
      KUBERNETES_SERVICE_HOST: new URL(server).hostname,
      KUBERNETES_SERVICE_PORT: new URL(server).port,
    };
    const text = (b: Uint8Array) => new TextDecoder().decode(b);
    for (const f of c.envFrom ?? []) {
      const ref = f.configMapRef ?? f.secretRef;
      const all = await this.source(f.configMapRef ? "configmaps" : "secrets", ref.name, ref.optional);
      for (const k in all) env[(f.prefix ?? "") + k] = text(all[k]!);
    }
    for (const { name, value, valueFrom: v } of c.env ?? []) {
      const ref = v?.configMapKeyRef ?? v?.secretKeyRef;
      if (ref) {
        const all = await this.source(v.configMapKeyRef ? "configmaps" : "secrets", ref.name, ref.optional);
        if (ref.key in all) env[name] = text(all[ref.key]!);
        else if (!ref.optional) throw new Error(`couldn't find key ${ref.key} in ${ref.name}`);
      } else {env[name] = v?.fieldRef
          ? this.fieldRef(v.fieldRef.fieldPath)
          : (value ?? "").replace(/\$\((\w+)\)/g, (all: string, k: string) => env[k] ?? all);}
    }
    return env;
  }

  /** The image of a container, or why it cannot be had. */
  async image(c: Obj): Promise<NodeImage | string> {
    try {
      const image = namedImage(c.image) ??
        await images.find(c.image, { always: c.imagePullPolicy === "Always", logins: () => this.logins() });
      return image ?? `no image "${c.image}" on this node: not found`;
    } catch (e) {
      return (e as Error).message;
    }
  }
  async logins(): Promise<Logins> {
    const all: Record<string, string> = {};
    for (const { name } of this.o.spec.imagePullSecrets ?? []) {
      const text = new TextDecoder().decode((await this.source("secrets", name, true))[".dockerconfigjson"]);
      for (const [registry, { auth }] of Object.entries<Obj>(text ? JSON.parse(text).auths : {})) all[registry] = auth;
    }
    return all;
  }

  async container(c: Obj, init: boolean): Promise<boolean> { // runs it, again and again as the policy says; true = ended well
    const policy = init ? (this.o.spec.restartPolicy === "Never" ? "Never" : "OnFailure") : this.o.spec.restartPolicy;
    let image = await this.image(c);
    for (let n = 0; !this.dead && typeof image === "string"; n++) { // as a kubelet tells it: what it was refused with, then that it waits
      event(this.o, "Warning", "Failed", `Failed to pull image "${c.image}": ${image}`);
      this.set(c, { state: { waiting: { reason: "ErrImagePull", message: image } } });
      const ms = Math.min(backoffBase * 2 ** n, 300_000);
      await sleep(ms / 2);
      this.set(c, {
        state: { waiting: { reason: "ImagePullBackOff", message: `Back-off pulling image "${c.image}"` } },
      });
      await sleep(ms / 2);
      image = await this.image(c);
    }
    let crashes = 0;
    while (!this.dead && typeof image !== "string") {
      let env: Record<string, string>;
      try {
        env = await this.environment(c);
      } catch (e) {
        this.set(c, { state: { waiting: { reason: "CreateContainerConfigError", message: String(e) } } });
        await sleep(2000);
        continue;
      }
      if (this.dead) return false;
      const t0 = Date.now(), startedAt = now();
      let proc: Deno.ChildProcess;
      try {
        proc = this.spawn(c, image, { ...image.env, ...env });
      } catch (e) {
        this.set(c, { state: { waiting: { reason: "RunContainerError", message: String(e) } } });
        await sleep(2000);
        continue;
      }
      this.procs.set(c.name, proc);
      const restartCount = this.starts.get(c.name) ?? 0; // as a kubelet counts: those that were started again
      this.starts.set(c.name, restartCount + 1);
      event(this.o, "Normal", "Started", `Started container ${c.name}`);
      const probing = new AbortController();
      this.set(c, {
        state: { running: { startedAt } },
        restartCount,
        started: !c.startupProbe,
        ready: !init && !c.readinessProbe && !c.startupProbe,
      });
      if (!init) this.probes(c, probing.signal);
      const { code, signal } = await proc.status;
      probing.abort();
      this.procs.delete(c.name);
      const terminated = {
        exitCode: signal ? 128 + sigNo(signal) : code,
        reason: code ? "Error" : "Completed",
        startedAt,
        finishedAt: now(),
      };
      const ok = code === 0, again = !this.dead && (policy === "Always" || (policy === "OnFailure" && !ok));
      if (!again) {
        this.set(c, { state: { terminated }, ready: init && ok, started: false });
        return ok;
      }
      crashes = Date.now() - t0 > 600_000 ? 0 : crashes + 1;
      const wait = Math.min(backoffBase * 2 ** (crashes - 1), 300_000);
      const message = `back-off ${wait / 1000}s restarting failed container=${c.name} pod=${this.o.metadata.name}`;
      this.set(c, {
        state: { waiting: { reason: "CrashLoopBackOff", message } },
        lastState: { terminated },
        ready: false,
        started: false,
      });
      event(this.o, "Warning", "BackOff", `Back-off restarting failed container ${c.name}`);
      Deno.renameSync(this.log(c.name), this.log(c.name) + ".1"); // what `logs --previous` shows
      await sleep(wait);
    }
    return false;
  }

  spawn(c: Obj, image: NodeImage, env: Record<string, string>): Deno.ChildProcess {
    const words: string[] = [...c.command ?? image.entry, ...c.args ?? (c.command ? [] : image.words)];
    const argv = words.map((word) => word.replace(/\$\((\w+)\)/g, (all, k) => env[k] ?? all));
    const { runAsUser: user, runAsGroup: group = user } = { ...this.o.spec.securityContext, ...c.securityContext };
    const p = startContainer({
      home: this.home,
      log: this.log(c.name),
      argv,
      cwd: c.workingDir ?? image.cwd,
      env: image.unpacked ? { ...env, POD_CLOSED: "1" } : { ...hostEnv, ...env },
      mounts: (c.volumeMounts ?? []).map((m: Obj) => [
        this.volumes.get(m.name)! + (m.subPath ? "/" + m.subPath : ""),
        m.mountPath.replace(/\/+$/, ""),
        !!m.readOnly,
      ]),
      isReadOnly: c.securityContext?.readOnlyRootFilesystem ?? false,
      unpacked: image.unpacked,
      user: user === undefined ? undefined : `${user}:${group}`,
      preload,
    });
    Deno.writeTextFileSync(`${this.home}/${c.name}.pid`, String(p.pid));
    return p;
  }

  async probes(c: Obj, signal: AbortSignal) {
    const loop = async (p: Obj, kind: string, onChange: (ok: boolean) => boolean | void) => {
      let good = 0, bad = 0;
      await sleep((p.initialDelaySeconds ?? 0) * 1000);
      for (; !signal.aborted; await sleep((p.periodSeconds ?? 10) * 1000)) {
        const why = await this.probe(p, c);
        if (signal.aborted) return;
        why === "" ? (good++, bad = 0) : (bad++, good = 0);
        if (why) event(this.o, "Warning", "Unhealthy", `${kind} probe failed: ${why}`);
        if (good >= (p.successThreshold ?? 1) && onChange(true)) return;
        if (bad >= (p.failureThreshold ?? 3) && onChange(false)) return;
      }
    };
    const restart = (why: string) => {
      event(this.o, "Normal", "Killing", `Container ${c.name} failed ${why} probe, will be restarted`);
      this.kill(c.name, this.o.spec.terminationGracePeriodSeconds ?? 30);
      return true;
    };
    if (c.startupProbe) {
      let ok = false;
      await loop(c.startupProbe, "Startup", (o) => (ok = o) || restart("startup"));
      if (!ok || signal.aborted) return;
      this.set(c, { started: true, ready: !c.readinessProbe });
    }
    if (c.readinessProbe) {
      loop(c.readinessProbe, "Readiness", (ok) => {
        if (this.status.get(c.name)!.ready !== ok) this.set(c, { ready: ok && !this.dead });
      });
    }
    if (c.livenessProbe) loop(c.livenessProbe, "Liveness", (ok) => ok ? false : restart("liveness"));
  }
  async probe(p: Obj, c: Obj): Promise<string> {
    const port = (x: Obj) => typeof x === "number" ? x : c.ports?.find((q: Obj) => q.name === x)?.containerPort,
      host = local(this.ip);
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

  async kill(name: string, grace: number) {
    const p = this.procs.get(name);
    if (!p) return;
    try {
      p.kill("SIGTERM");
    } catch { /* gone */ }
    const t = setTimeout(() => {
      try {
        p.kill("SIGKILL");
      } catch { /* gone */ }
    }, grace * 1000);
    await p.status;
    clearTimeout(t);
  }
  async end(o: Obj, tell = true) { // deletion asked for: TERM, wait, KILL, then take the object away
    if (this.dead) return;
    this.dead = true;
    this.report();
    const grace = o.metadata.deletionGracePeriodSeconds ?? o.spec.terminationGracePeriodSeconds ?? 30;
    for (const c of o.spec.containers) {
      for (const h of [c.lifecycle?.preStop]) if (h?.sleep) await sleep(h.sleep.seconds * 1000);
    }
    await Promise.all([...this.procs.keys()].map((n) => this.kill(n, grace)));
    await this.writing;
    usedIps.delete(this.ipNo);
    pods.delete(o.metadata.uid);
    if (tell) {
      await api("DELETE", this.path, { gracePeriodSeconds: 0, preconditions: { uid: o.metadata.uid } }).catch(() => {});
    }
  }
}
const blank = (c: Obj) => ({
  name: c.name,
  image: c.image,
  imageID: "",
  ready: false,
  started: false,
  restartCount: 0,
  state: { waiting: { reason: "ContainerCreating" } },
});
const sigNo = (s: string) =>
  ({ SIGHUP: 1, SIGINT: 2, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 } as Record<string, number>)[s] ?? 0;

// ---- services: a listener at the mirrored cluster address for every port, to the ready endpoints in turn
const listeners = new Map<string, Deno.Listener>();
const services = new Map<string, Obj>(), slices = new Map<string, Obj>();
function onService(type: string, s: Obj) {
  type === "DELETED" ? services.delete(s.metadata.uid) : services.set(s.metadata.uid, s);
  const want = new Map<string, [Obj, Obj]>();
  hostsText = "127.0.0.1 localhost\n";
  for (const v of services.values()) {
    const { name, namespace } = v.metadata, ip = v.spec.clusterIP;
    if (!ip || ip === "None") continue;
    const n = `${name}.${namespace}`;
    hostsText += `${local(ip)} ${n} ${n}.svc ${n}.svc.cluster.local${namespace === "default" ? " " + name : ""}\n`;
    if (v.metadata.name !== "kubernetes") { for (const p of v.spec.ports) want.set(`${local(ip)}:${p.port}`, [v, p]); }
  }
  for (const p of pods.values()) Deno.writeTextFileSync(`${p.home}/hosts`, hostsText); // in place: the bind mounts see it
  for (const [k, l] of listeners) if (!want.has(k)) listeners.delete(k), l.close();
  for (const [k, [v, p]] of want) {
    if (listeners.has(k)) continue;
    const [hostname = "", port] = k.split(":");
    const l = Deno.listen({ hostname, port: Number(port) });
    listeners.set(k, l);
    let turn = 0;
    (async () => {
      for await (const conn of l) {
        const to: [string, number][] = [];
        for (const e of slices.values()) {
          if (
            e.metadata.namespace !== v.metadata.namespace ||
            e.metadata.labels["kubernetes.io/service-name"] !== v.metadata.name
          ) continue;
          const port = e.ports.find((q: Obj) => (q.name ?? "") === (p.name ?? ""))?.port;
          for (const d of e.endpoints ?? []) if (d.conditions.ready && port) to.push([local(d.addresses[0]), port]);
        }
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
    })().catch(() => {});
  }
}

// ---- the node: object, status, lease; the kubelet's own port serves container logs
if (Deno.uid() !== 0) {
  console.error("minikubelet needs root (it overlays / for every container)");
  Deno.exit(1);
}
async function preloadLibrary(): Promise<string> {
  const src = new URL("bindpod.c", import.meta.url).pathname, out = `${dir}/bindpod.so`;
  const r = await new Deno.Command("cc", { args: ["-shared", "-fPIC", "-O1", "-o", out, src, "-ldl"], stderr: "null" })
    .output().catch(() => ({ success: false }));
  return r.success ? out : "";
}
const preload = await preloadLibrary();
for (
  const d of (() => {
    try {
      return [...Deno.readDirSync(`${dir}/pods`)];
    } catch {
      return [];
    }
  })()
) { // left by a killed minikubelet
  for (const f of Deno.readDirSync(`${dir}/pods/${d.name}`)) {
    if (!f.name.endsWith(".pid")) continue;
    const pid = Number(Deno.readTextFileSync(`${dir}/pods/${d.name}/${f.name}`));
    try {
      if (Deno.readTextFileSync(`/proc/${pid}/environ`).includes(d.name)) Deno.kill(pid, "SIGKILL");
    } catch { /* gone */ }
  }
}
const logs = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen() {},
  cert: Deno.readTextFileSync(`${dir}/pki/apiserver.crt`),
  key: Deno.readTextFileSync(`${dir}/pki/apiserver.key`),
}, async (req) => {
  const u = new URL(req.url), [, what, ns, pod, c] = u.pathname.split("/"), q = u.searchParams;
  const p = [...pods.values()].find((p) => p.name === `${ns}/${pod}`);
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
await api("POST", "/api/v1/nodes", {
  metadata: {
    name: node,
    labels: { "kubernetes.io/hostname": node, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" },
  },
})
  .catch((e) => {
    if (e.status !== 409) throw e;
  });
const capacity = { cpu: "64", memory: "256Gi", pods: "200", "ephemeral-storage": "100Gi" };
const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", since = now();
async function heartbeat() { // the status too, not the lease alone: once called Unknown, a node stays so until it speaks
  const spec = {
    holderIdentity: node,
    leaseDurationSeconds: 40,
    renewTime: new Date().toISOString().replace("Z", "000Z"),
  };
  const cond = (type: string, status: string) => ({
    type,
    status,
    reason: "Minikubelet",
    message: "",
    lastHeartbeatTime: now(),
    lastTransitionTime: since,
  });
  try {
    await api("PATCH", `${leases}/${node}?fieldManager=minikubelet&force=true`, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: node },
      spec,
    }, "application/apply-patch+yaml");
    await patchStatus(`/api/v1/nodes/${node}`, {
      capacity,
      allocatable: capacity,
      addresses: [{ type: "InternalIP", address: "127.0.0.1" }, { type: "Hostname", address: node }],
      daemonEndpoints: { kubeletEndpoint: { Port: logs.addr.port } },
      nodeInfo: { kubeletVersion: "v0.0.0-minikubelet", operatingSystem: "linux", architecture: "amd64" },
      conditions: [
        cond("Ready", "True"),
        cond("MemoryPressure", "False"),
        cond("DiskPressure", "False"),
        cond("PIDPressure", "False"),
      ],
    });
  } catch (e) {
    console.error(String(e));
  }
}
await heartbeat();
setInterval(heartbeat, 5_000);

watch("/api/v1/services", onService);
watch(
  "/apis/discovery.k8s.io/v1/endpointslices",
  (t, o) => t === "DELETED" ? slices.delete(o.metadata.uid) : slices.set(o.metadata.uid, o),
);
watch(`/api/v1/pods?fieldSelector=${encodeURIComponent("spec.nodeName=" + node)}`, (type, o) => {
  const p = pods.get(o.metadata.uid);
  if (type === "DELETED") p?.end(o, false);
  else if (p) {
    p.o = { ...o, spec: p.o.spec };
    if (o.metadata.deletionTimestamp) p.end(o);
  } else if (o.metadata.deletionTimestamp) {
    api("DELETE", `/api/v1/namespaces/${o.metadata.namespace}/pods/${o.metadata.name}`, { gracePeriodSeconds: 0 })
      .catch(() => {});
  } else if (!["Succeeded", "Failed"].includes(o.status.phase)) pods.set(o.metadata.uid, new Pod(o));
});
console.log(`minikubelet ${node} ready${preload ? "" : " (no cc: 0.0.0.0 is not steered)"}`);
for (const s of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(s, async () => {
    stopping = true;
    await Promise.all([...pods.values()].map((p) => {
      p.dead = true;
      return Promise.all([...p.procs.keys()].map((n) => p.kill(n, 5)));
    }));
    Deno.exit(0);
  });
}
