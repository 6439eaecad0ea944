/** What of the API's objects a pod's containers find: volumes, variables. */
import { local } from "../egress.ts";
import type { NodeApi, Obj } from "./node_api.ts";

/** The content of one pod. */
export class PodContent {
  constructor(readonly api: NodeApi, readonly pod: { readonly o: Obj; readonly home: string; readonly ip: string }) {}

  async source(kind: string, name: string, optional?: boolean): Promise<Record<string, Uint8Array>> {
    try {
      const o = await this.api.api("GET", `/api/v1/namespaces/${this.pod.o.metadata.namespace}/${kind}/${name}`);
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
    const d = `${this.pod.home}/volumes/${v.name}`;
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
        const t = await this.api.api(
          "POST",
          `/api/v1/namespaces/${this.pod.o.metadata.namespace}/serviceaccounts/${this.pod.o.spec.serviceAccountName}/token`,
          {
            spec: {
              expirationSeconds,
              audiences: audience ? [audience] : undefined,
              boundObjectRef: {
                apiVersion: "v1",
                kind: "Pod",
                name: this.pod.o.metadata.name,
                uid: this.pod.o.metadata.uid,
              },
            },
          },
        );
        put({ x: new TextEncoder().encode(t.status.token) }, [{ key: "x", path }]);
      } else if (s.hostPath) return s.hostPath.path;
    }
    return d;
  }
  fieldRef(path = ""): string {
    if (path === "status.podIP") return this.pod.ip;
    const m = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
    return m
      ? this.pod.o.metadata[m[1]!]?.[m[2]!] ?? ""
      : String(path.split(".").reduce((o, k) => o?.[k], this.pod.o) ?? "");
  }
  async environment(c: Obj): Promise<Record<string, string>> {
    const env: Record<string, string> = {
      HOSTNAME: this.pod.o.metadata.name,
      POD_BIND: local(this.pod.ip),
      LEVADA_POD_UID: this.pod.o.metadata.uid,
      KUBERNETES_SERVICE_HOST: new URL(this.api.server).hostname,
      KUBERNETES_SERVICE_PORT: new URL(this.api.server).port,
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
}
