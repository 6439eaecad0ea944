import { gunzipSync } from "node:zlib";
import type { Cluster } from "./cluster.ts";

/** Has a cluster know kinds of others, by the names of their files in `crds/`. */
export async function applyKinds(cluster: Cluster, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const packed = await Deno.readFile(new URL(`./crds/${name}.yaml.gz`, import.meta.url));
    const text = new TextDecoder().decode(new Uint8Array(gunzipSync(packed)));
    await cluster.kubectl(["apply", "--server-side", "-f", "-"], text);
    const [, kind] = /^\s{2}name: (\S+)$/m.exec(text)!;
    await established(cluster, kind!);
  }
}

/** `kubectl wait` fails where a kind is so new that it has no conditions. */
async function established(cluster: Cluster, kind: string): Promise<void> {
  const endsAt = performance.now() + 60_000;
  for (;;) {
    const { status: { conditions } } = JSON.parse(await cluster.kubectl(["get", "crd", kind, "-o", "json"])) as Kind;
    if (conditions?.some(({ type, status }) => type === "Established" && status === "True")) return;
    if (performance.now() > endsAt) throw new Error(`${kind} is not there after 60 s`);
    await new Promise((go) => setTimeout(go, 100));
  }
}

interface Kind {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null };
}
