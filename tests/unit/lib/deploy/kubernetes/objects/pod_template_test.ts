import { deepStrictEqual } from "node:assert/strict";
import { podTemplate } from "../../../../../../lib/deploy/kubernetes/objects/pod_template.ts";
import type { Release, ReleasedFunction } from "../../../../../../lib/deploy/kubernetes/release.ts";
import { aRelease } from "../../../../../support/a_release.ts";

function specOf(fn: Partial<ReleasedFunction>) {
  const release = aRelease(fn);
  // deno-lint-ignore no-explicit-any -- a part of an object
  return podTemplate(release, release.first).spec as any;
}

Deno.test("podTemplate() names each variable of the environment once, and what the function says wins", () => {
  const { containers: [{ env }] } = specOf({ env: { LEVADA_LOG_FORMAT: "text", POD_NAME: "me", SHELF: "top" } });
  deepStrictEqual(env, [
    { name: "LEVADA_STATE", value: "/tmp/levada" },
    { name: "LEVADA_CACHE", value: "/tmp/levada/cache" },
    { name: "DENO_V8_FLAGS", value: "--no-allocation-site-pretenuring,--max-semi-space-size=64" },
    { name: "LEVADA_LOG_FORMAT", value: "text" },
    { name: "POD_NAME", value: "me" },
    { name: "SHELF", value: "top" },
  ]);
});

Deno.test("podTemplate() has pods run as a user without rights: the customary one, one that is named, or whom the cluster gives", () => {
  const userOf = (cluster: ReleasedFunction["cluster"]) => specOf({ cluster }).securityContext;
  const seccompProfile = { type: "RuntimeDefault" };
  const as = (user: number) => ({ runAsUser: user, runAsGroup: user, fsGroup: user });
  deepStrictEqual(userOf({}), { runAsNonRoot: true, ...as(65_532), seccompProfile });
  deepStrictEqual(userOf({ user: 1_000 }), { runAsNonRoot: true, ...as(1_000), seccompProfile });
  deepStrictEqual(userOf({ user: "assigned" }), { runAsNonRoot: true, seccompProfile });
});

Deno.test("podTemplate() has a bundle of an image be the revision, and looks a tag up that may have been pushed again", () => {
  const of = (image: string, code: Release["code"] = { kind: "image", folder: "/bundle" }) => {
    const release = { ...aRelease(), image, code };
    // deno-lint-ignore no-explicit-any -- a part of an object
    const { containers: [{ args, imagePullPolicy }] } = podTemplate(release, release.functions[0]!).spec as any;
    return [imagePullPolicy, args.includes("--revision=0123456789ab")];
  };
  deepStrictEqual(of("shop:dev"), ["Always", true]);
  deepStrictEqual(of("shop:0123456789ab"), ["IfNotPresent", true]);
  deepStrictEqual(of(`shop:dev@sha256:${"0".repeat(64)}`), ["IfNotPresent", true]);
  const sha256 = "0f".repeat(32);
  const whole = { ...aRelease(), code: { kind: "image", folder: "/bundle", sha256 } as const };
  deepStrictEqual(JSON.stringify(podTemplate(whole, whole.functions[0]!)).includes(`"--revision=${sha256}"`), true);
  deepStrictEqual(of("levada:1", { kind: "config", archive: "" }), [undefined, false]);
});
