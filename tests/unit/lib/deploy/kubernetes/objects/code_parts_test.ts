import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { podTemplate } from "../../../../../../lib/deploy/kubernetes/objects/pod_template.ts";
import type { Release } from "../../../../../../lib/deploy/kubernetes/release.ts";
import { aRelease } from "../../../../../support/a_release.ts";

function specOf(code: Release["code"], fn: Parameters<typeof aRelease>[0] = {}) {
  const release = { ...aRelease(fn), code };
  // deno-lint-ignore no-explicit-any -- a part of an object
  return podTemplate(release, release.functions[0]!).spec as any;
}

Deno.test("fetchers() has the code of a store fetched by who sees what the function sees, into a folder that the function only reads", () => {
  const cluster = { envFrom: [{ secretName: "store" }], secretNames: ["keys"] };
  const code = { kind: "store", url: "s3://a/b.tar.gz", sha256: "0f".repeat(32) } as const;
  const { initContainers: [fetcher], containers: [own], volumes } = specOf(code, {
    cluster,
    resources: { memory: "1Gi", gpu: 1 },
  });
  const place = "/etc/levada/bundle.tar.gz";
  deepStrictEqual(fetcher.args, [
    "fetch-bundle",
    code.url,
    "--revision=0123456789ab",
    `--sha256=${code.sha256}`,
    `--output=${place}`,
  ]);
  strictEqual(own.args[1], place);
  deepStrictEqual([fetcher.envFrom, fetcher.securityContext], [own.envFrom, own.securityContext]);
  deepStrictEqual(fetcher.resources.limits, { memory: "1Gi" }); // it computes nothing
  const mounts = (one: typeof own) => Object.fromEntries(one.volumeMounts.map((mount: Mount) => [mount.name, mount]));
  deepStrictEqual(mounts(own).code, { name: "code", mountPath: "/etc/levada", readOnly: true });
  deepStrictEqual(mounts(fetcher).code, { name: "code", mountPath: "/etc/levada" });
  deepStrictEqual(mounts(fetcher).secrets, mounts(own).secrets);
  deepStrictEqual(volumes.find(({ name }: Mount) => name === "code"), { name: "code", emptyDir: {} });
});

Deno.test("fetchers() is nobody where the code is in the image, or mounted", () => {
  strictEqual(specOf({ kind: "image", folder: "/bundle" }).initContainers, undefined);
  const { initContainers, volumes } = specOf({ kind: "config", archive: "" });
  strictEqual(initContainers, undefined);
  deepStrictEqual(volumes.find(({ name }: Mount) => name === "code"), {
    name: "code",
    configMap: { name: "shop-0123456789ab" },
  });
});

interface Mount {
  readonly name: string;
}
