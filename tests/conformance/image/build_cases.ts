/** What images are, before anybody runs them. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { digestOf, type ImageConfig, type ImageManifest } from "../../../lib/image/descriptor.ts";
import { mustRun, runCommand } from "./command.ts";
import { type ImageCase, type ImageLab, makeImageBy, ROOT, separateCache, SIZES } from "./image_lab.ts";
import { unpackLayout } from "./container.ts";

/** A layout's manifest and configuration. */
export async function readLayout(
  layout: string,
): Promise<{ manifest: ImageManifest; config: ImageConfig; digest: string }> {
  const blob = (digest: string) => join(layout, "blobs", digest.replace(":", "/"));
  const read = async (file: string) => JSON.parse(await Deno.readTextFile(file));
  const { manifests: [{ digest }] } = await read(join(layout, "index.json"));
  const manifest = await read(blob(digest));
  return { manifest, config: await read(blob(manifest.config.digest)), digest };
}

const LABEL = "org.opencontainers.image.revision";

export const BUILD_CASES: readonly ImageCase[] = [
  {
    name: "another checkout in another folder, with another cache, makes the same image to the last byte",
    async run({ folder }) {
      const other = join(folder, "another checkout");
      await Deno.mkdir(other, { recursive: true });
      const files = await mustRun("git", [
        "ls-files",
        "lib",
        "kernel",
        "mod.ts",
        "deno.json",
        "deno.lock",
        "imports.json",
      ], { cwd: ROOT });
      await mustRun("tar", ["-cf", join(folder, "checkout.tar"), "-C", ROOT, ...files.trim().split("\n")]);
      await mustRun("tar", ["-xf", join(folder, "checkout.tar"), "-C", other]);
      const digests = [];
      for (const [root, name] of [[ROOT, "one"], [other, "another"]] as const) {
        await Deno.mkdir(join(folder, name));
        await Deno.writeTextFile(join(folder, name, "sizes.ts"), SIZES);
        const env = {
          LEVADA_CACHE: await separateCache(join(folder, `${name} cache`)),
          TZ: name === "one" ? "UTC" : "Asia/Tokyo",
        };
        digests.push(
          await makeImageBy([join(folder, name, "sizes.ts"), "-t", "team/sizes:1", "-o", join(folder, `${name}.tar`)], {
            root,
            env,
          }),
        );
      }
      strictEqual(digests[1], digests[0]);
      const [one, another] = await Promise.all(
        ["one.tar", "another.tar"].map((name) => Deno.readFile(join(folder, name))),
      );
      strictEqual(digestOf(another!), digestOf(one!));
    },
  },
  {
    name: "an image says what it is: its user, port, command, revision, each blob by its digest",
    async run({ folder }: ImageLab) {
      const layout = join(folder, "sizes");
      await makeImageBy([join(folder, "one", "sizes.ts"), "-t", "team/sizes:1", "-o", layout]);
      const { manifest, config } = await readLayout(layout);
      for (const { digest, size } of [manifest.config, ...manifest.layers]) {
        const bytes = await Deno.readFile(join(layout, "blobs", digest.replace(":", "/")));
        deepStrictEqual([digestOf(bytes), bytes.length], [digest, size]);
      }
      strictEqual(config.rootfs.diff_ids.length, manifest.layers.length);
      const { User, ExposedPorts, Cmd, Labels = {} } = config.config!;
      deepStrictEqual([User, ExposedPorts, Cmd], ["65532:65532", { "8080/tcp": {} }, [
        "serve",
        "/bundle",
        "--host",
        "0.0.0.0",
        "--port",
        "8080",
      ]]);
      match(Labels[LABEL]!, /^[0-9a-f]{12}$/);
      deepStrictEqual(config.history?.map(({ comment }) => comment), ["base", "deno", "runtime", "bundle"]);
    },
  },
  {
    name: "an image has one time, one owner, what makes it whole, and no word of the machine that made it",
    async run({ folder }) {
      const [layout, root] = [join(folder, "sizes"), join(folder, "sizes root")];
      const { manifest } = await readLayout(layout);
      for (const { digest } of manifest.layers) {
        const list = await mustRun(
          "tar",
          ["--numeric-owner", "-tvzf", join(layout, "blobs", digest.replace(":", "/"))],
          { env: { TZ: "UTC" } },
        );
        const odd = list.trim().split("\n").filter((line) => !/^\S+ 0\/0 +\d+ 1970-01-01 00:00 /.test(line));
        deepStrictEqual(odd, []);
      }
      await unpackLayout(layout, root);
      for (
        const path of [
          "etc/ssl/certs/ca-certificates.crt",
          "usr/share/zoneinfo/Europe/Lisbon",
          "etc/os-release",
          "var/lib/dpkg/status.d/libc6",
        ]
      ) {
        ok((await Deno.stat(join(root, path))).size > 100, path);
      }
      const naming = (word: string) => runCommand("grep", ["-rlF", "-e", word, root]);
      for (const word of [ROOT, folder]) deepStrictEqual(await naming(word), { code: 1, out: "", err: "" }, word);
      strictEqual((await naming("bundle/1")).code, 0, "what stands there is found");
    },
  },
];
