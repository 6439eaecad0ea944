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
import { now, type Obj, openApi, sleep } from "./node/node_api.ts";
import { PodContent } from "./node/pod_content.ts";
import { probe } from "./node/probe.ts";
import { serveLogs } from "./node/serve_logs.ts";
import { ServiceProxies } from "./node/service_proxies.ts";
import { startContainer } from "./node/start_container.ts";

const opt = (name: string, dflt: string) => {
  const i = Deno.args.indexOf("--" + name);
  return i < 0 ? dflt : Deno.args[i + 1]!;
};
const dir = Deno.realPathSync(opt("dir", ".")), node = opt("node", "mini-0");
const backoffBase = Number(opt("backoff", "1")) * 1000;
const BACKOFF_MOST = 4_000; // a kubelet's 10 s to 5 minutes are shorter here, both
const backoff = (times: number) => Math.min(backoffBase * 2 ** times, BACKOFF_MOST);
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

const nodeApi = openApi(dir, node);
const { api, patchStatus, watch, event, stop } = nodeApi;

// ---- one pod
const pods = new Map<string, Pod>();
const usedIps = new Set<number>();
const services = new ServiceProxies((text) => {
  for (const p of pods.values()) Deno.writeTextFileSync(`${p.home}/hosts`, text); // in place: the bind mounts see it
});

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
  content: PodContent;
  constructor(public o: Obj) {
    while (usedIps.has(this.ipNo)) this.ipNo++;
    usedIps.add(this.ipNo);
    this.ip = `10.${podFirst}.${Number(podSecond) + (this.ipNo >> 8)}.${this.ipNo & 255}`;
    this.home = `${dir}/pods/${o.metadata.uid}`;
    Deno.mkdirSync(this.home, { recursive: true });
    Deno.writeTextFileSync(`${this.home}/hosts`, services.hostsText);
    this.content = new PodContent(nodeApi, this);
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
    this.writing = this.writing.then(() => this.write(status)).catch((e) => {
      if (e.status !== 404) console.error(String(e));
    });
  }
  async write(status: Obj): Promise<void> { // to a server that is away it is told again, as a kubelet does
    for (;;) {
      try {
        return void await patchStatus(this.path, status);
      } catch (e) {
        if ((e as Obj).status !== undefined) throw e;
        await new Promise((done) => setTimeout(done, 500));
      }
    }
  }
  set(c: Obj, change: Obj) {
    this.status.set(c.name, { ...(this.status.get(c.name) ?? blank(c)), ...change });
    this.report();
  }

  async run() {
    this.report();
    for (let tries = 0; !this.dead; tries++, await sleep(1000)) {
      try {
        for (const v of this.o.spec.volumes ?? []) this.volumes.set(v.name, await this.content.volume(v));
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
      const text = new TextDecoder().decode((await this.content.source("secrets", name, true))[".dockerconfigjson"]);
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
      const ms = backoff(n);
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
        env = await this.content.environment(c);
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
      const wait = backoff(crashes - 1);
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
        const why = await probe(p, c, local(this.ip));
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
    await Promise.all(o.spec.containers.map(async (c: Obj) => {
      const { sleep: before } = c.lifecycle?.preStop ?? {};
      const running = this.procs.get(c.name)?.status; // what does not run has nothing to leave
      if (before !== undefined && running !== undefined) await Promise.race([sleep(before.seconds * 1000), running]);
    }));
    await Promise.all([...this.procs.keys()].map((n) => this.kill(n, grace)));
    await this.writing;
    usedIps.delete(this.ipNo);
    pods.delete(o.metadata.uid);
    if (tell) await removed(o);
  }
}
/** Takes the object of a pod that has ended away; whoever waits for that would wait for ever where the API server was away just then. */
async function removed({ metadata: { namespace, name, uid } }: Obj) {
  for (;; await sleep(1000)) {
    try {
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      return await api("DELETE", `/api/v1/namespaces/${namespace}/pods/${name}`, options);
    } catch (e) {
      if ([404, 409].includes((e as Obj).status)) return; // it is gone, or another of its name is there
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
const logs = serveLogs(dir, (name) => [...pods.values()].find((p) => p.name === name));
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

watch("/api/v1/services", (type, o) => services.onService(type, o));
watch("/apis/discovery.k8s.io/v1/endpointslices", (type, o) => services.onSlice(type, o));
watch(`/api/v1/pods?fieldSelector=${encodeURIComponent("spec.nodeName=" + node)}`, (type, o) => {
  const p = pods.get(o.metadata.uid);
  if (type === "DELETED") p?.end(o, false);
  else if (p) {
    p.o = { ...o, spec: p.o.spec };
    if (o.metadata.deletionTimestamp) p.end(o);
  } else if (o.metadata.deletionTimestamp) {
    void removed(o);
  } else if (!["Succeeded", "Failed"].includes(o.status.phase)) pods.set(o.metadata.uid, new Pod(o));
});
console.log(`minikubelet ${node} ready${preload ? "" : " (no cc: 0.0.0.0 is not steered)"}`);
for (const s of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(s, async () => {
    stop();
    await Promise.all([...pods.values()].map((p) => {
      p.dead = true;
      return Promise.all([...p.procs.keys()].map((n) => p.kill(n, 5)));
    }));
    Deno.exit(0);
  });
}
