/** Images at a real registry: distribution's own. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { digestOf, type ImageManifest } from "../../../lib/image/descriptor.ts";
import { ResettingProxy } from "../../support/resetting_proxy.ts";
import { serveRegistryTokens } from "../../support/registry_tokens.ts";
import { BrokerServer } from "../streams/broker_server.ts";
import { readLayout } from "./build_cases.ts";
import { mustRun, runCommand } from "./command.ts";
import { type ImageCase, type ImageLab, levadaImage, makeImageBy } from "./image_lab.ts";

const LOGIN = "ada:secret word";

/** An environment with logins as docker keeps them. */
async function loggedIn(lab: ImageLab, registry: string, login: string): Promise<Record<string, string>> {
  const folder = await Deno.makeTempDir({ dir: lab.folder });
  const text = JSON.stringify({ auths: { [registry]: { auth: btoa(login) } } });
  await Deno.writeTextFile(join(folder, "config.json"), text);
  return { DOCKER_CONFIG: folder };
}

const nobody = { DOCKER_CONFIG: "/nowhere", XDG_RUNTIME_DIR: "/nowhere" };
const sizesOf = (lab: ImageLab) => join(lab.folder, "sizes-mounted"); // the bundle that the runtime served

async function refused(words: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const { code, err } = await levadaImage(words, { env });
  strictEqual(code, 1, err);
  ok(!err.includes("secret"), err);
  return err;
}

export const REGISTRY_CASES: readonly ImageCase[] = [
  {
    name: "an image is pushed with a login, found again by its digest, and of the next only what is new is sent",
    async run(lab) {
      await using registry = await BrokerServer.start("registry", { LEVADA_REGISTRY_USER: LOGIN });
      const { address } = registry;
      const env = await loggedIn(lab, address, LOGIN);
      const words = [sizesOf(lab), "-t", `${address}/team/sizes:1`, "--push"];
      const { code, out, err } = await levadaImage(words, { env });
      strictEqual(code, 0, err);
      const [, digest] = /Pushed: \S+@(sha256:[0-9a-f]{64}), 13\d\.\d MB sent\n$/.exec(out) ?? [];
      ok(digest !== undefined, out);
      const again = await levadaImage(words.map((word) => word.replace("sizes:1", "sizes:2")), { env });
      match(again.out, /, 0\.0 MB sent; the registry had 5 of its blobs\n$/);
      const more = await levadaImage([...words, "--label", "more=1"], { env });
      match(more.out, /, 0\.0 MB sent; the registry had 4 of its blobs\n$/);
      const base = join(lab.folder, "on base"); // by our own pull: an image of a registry as the base of another
      const above = ["--runtime", "--base", `${address}/team/sizes@${digest}`, "-o", base];
      await makeImageBy(above, { env });
      const { manifest } = await readLayout(base);
      deepStrictEqual(manifest.layers.slice(0, 4).map(({ size }) => size > 100_000), [true, true, true, true]);
      strictEqual(manifest.layers.length, 6);
      const answer = await fetch(`http://${address}/v2/team/sizes/manifests/${digest}`, {
        headers: { accept: "application/vnd.oci.image.manifest.v1+json", authorization: `Basic ${btoa(LOGIN)}` },
      });
      strictEqual(answer.headers.get("docker-content-digest"), digest);
      await answer.body?.cancel();
      match(await refused(words, nobody), /answers 401.*Log in: docker login 127\.0\.0\.1:/);
      match(await refused(words, await loggedIn(lab, address, "ada:wrong")), /answers 401.*Log in/);
      match(await refused([...above.slice(0, -3), `${address}/team/none:1`], env), /answers 404, MANIFEST_UNKNOWN/);
    },
  },
  {
    name: "a registry that wants tokens is shown one of its own kind, and a wrong login gets none",
    async run(lab) {
      await using tokens = serveRegistryTokens(LOGIN);
      const settings = { REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE: tokens.certificate };
      await using registry = await BrokerServer.start("registry", tokens.environment, settings);
      const words = [sizesOf(lab), "-t", `${registry.address}/team/sizes:1`, "--push"];
      await makeImageBy(words, { env: await loggedIn(lab, registry.address, LOGIN) });
      match(
        tokens.asked.join("\n"),
        /GET \/token\?service=levada\+tests&scope=repository%3Ateam%2Fsizes%3A(pull%2Cpush|push%2Cpull)/,
      );
      match(
        await refused(words, await loggedIn(lab, registry.address, "ada:wrong")),
        /log in: .* answers 401, DENIED: who are you\. Log in/,
      );
    },
  },
  {
    name: "an upload whose connection breaks in the middle goes on, and is whole",
    async run(lab) {
      await using registry = await BrokerServer.start("registry");
      const breaks = [40, 60, 40].map((piece) => ({ piece, isHalf: true }));
      await using proxy = await ResettingProxy.open(registry.port, breaks);
      const digest = await makeImageBy([sizesOf(lab), "-t", `127.0.0.1:${proxy.port}/team/sizes:1`, "--push"]);
      strictEqual(proxy.resets, 3);
      const repository = `http://${registry.address}/v2/team/sizes`;
      const accept = "application/vnd.oci.image.manifest.v1+json";
      const manifest = await (await fetch(`${repository}/manifests/${digest}`, { headers: { accept } }))
        .json() as ImageManifest;
      for (const { digest } of manifest.layers) {
        const bytes = await (await fetch(`${repository}/blobs/${digest}`)).arrayBuffer();
        strictEqual(digestOf(new Uint8Array(bytes)), digest);
      }
    },
  },
  {
    name: "a registry whose disk is full says so",
    async run(lab) {
      const disk = join(lab.folder, "small disk");
      await Deno.mkdir(disk);
      const { code } = await runCommand("mount", ["-t", "tmpfs", "-o", "size=20m", "tmpfs", disk]);
      if (code !== 0) throw new Error("only root may mount a small disk");
      try {
        await using registry = await BrokerServer.start("registry", {
          REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: disk,
        });
        const words = [sizesOf(lab), "-t", `${registry.address}/team/sizes:1`, "--push"];
        match(
          await refused(words, nobody),
          /answers 500, UNKNOWN: .*Its disk is full: make room there/,
        );
      } finally {
        await mustRun("umount", [disk]);
      }
    },
  },
  {
    name: "the Dockerfile makes an image of the same files, run in the same way",
    async run(lab) {
      const context = join(lab.folder, "context");
      await makeImageBy([sizesOf(lab), "-t", "team/sizes:1", "--dockerfile", "-o", context]);
      const podman = lab.engines.find(({ build }) => build !== undefined);
      if (podman?.build === undefined) return "podman builds nothing here";
      const layout = join(lab.folder, "built");
      await podman.build(context, layout);
      const { config } = await readLayout(layout);
      const own = join(lab.folder, "own");
      await makeImageBy([sizesOf(lab), "-t", "team/sizes:1", "-o", own]);
      const { config: wished } = await readLayout(own);
      for (const key of ["User", "ExposedPorts", "Entrypoint", "Cmd", "WorkingDir", "StopSignal"] as const) {
        deepStrictEqual(config.config?.[key], wished.config?.[key], key);
      }
      deepStrictEqual(config.config?.Env?.toSorted(), wished.config?.Env?.toSorted());
      const files = async (layout: string) => {
        const root = `${layout} root`;
        const { unpackLayout } = await import("./container.ts");
        await unpackLayout(layout, root);
        return await mustRun("sh", [
          "-c",
          'cd "$1" && find . -printf "%p %y %m %U %l\\n" | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum',
          "sh",
          root,
        ]);
      };
      strictEqual(await files(layout), await files(own));
      return undefined;
    },
  },
];
