import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { writeDockerfile } from "../../../../lib/image/write_dockerfile.ts";
import { smallImage } from "../../../support/small_image.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

Deno.test("writeDockerfile() writes the layers and what is run; words mean no more than themselves", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  const to = join(folder.path, "context");
  const odd = {
    ...image,
    config: {
      ...image.config,
      config: { Env: ['A=$HOME "x"\\'], Labels: { "a b": "1\nUSER root" }, Cmd: ["serve"], User: "1" },
    },
  };
  await writeDockerfile(odd, to, { blobs });
  await writeDockerfile(odd, to, { blobs });
  deepStrictEqual((await Deno.readTextFile(join(to, "Dockerfile"))).split("\n").slice(1), [
    "FROM scratch",
    "ADD layer-1.tar.gz /",
    "ADD layer-2.tar.gz /",
    'LABEL "a b"="1 USER root"',
    'ENV A="\\$HOME \\"x\\"\\\\"',
    "USER 1",
    "ENTRYPOINT []",
    'CMD ["serve"]',
    "",
  ]);
  const layer = await Deno.readFile(join(to, "layer-2.tar.gz"));
  deepStrictEqual(layer, await blobs.read(image.manifest.layers[1]!.digest));
  await rejects(writeDockerfile(image, folder.path, { blobs }), {
    name: "ImageError",
    message: /it holds other files/,
  });
  strictEqual((await Array.fromAsync(Deno.readDir(to))).length, 3);
});

Deno.test("writeDockerfile() names a base where others find it; one that removes files and lies nowhere else is refused", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path, ["etc/.wh.pa", "two"]);
  const to = join(folder.path, "context");
  const base = { config: image.config, layers: image.manifest.layers.slice(0, 1) };
  await rejects(writeDockerfile(image, to, { blobs, base }), {
    name: "ImageError",
    message: /the base removes etc\/pa of a layer below, which it cannot say\. Push the base to a registry/,
  });
  const place = `registry.test/base@${base.layers[0]!.digest}`;
  await writeDockerfile(image, to, { blobs, base: { ...base, place } });
  const lines = (await Deno.readTextFile(join(to, "Dockerfile"))).split("\n");
  deepStrictEqual(lines.slice(1, 3), [`FROM ${place}`, "ADD layer-1.tar.gz /"]);
  deepStrictEqual(
    await Deno.readFile(join(to, "layer-1.tar.gz")),
    await blobs.read(image.manifest.layers[1]!.digest),
  );
});

Deno.test("writeDockerfile() leaves a Dockerfile and layers alone that are not its own", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  const to = join(folder.path, "project");
  const put = (name: string, text: string) => Deno.writeTextFile(join(to, name), text);
  await Deno.mkdir(to);
  await put("Dockerfile", "FROM node:22\n");
  await put("layer-9.tar.gz", "mine");
  await rejects(writeDockerfile(image, to, { blobs }), {
    name: "ImageError",
    message:
      `Cannot write a Dockerfile to ${to}: it has a Dockerfile that \`levada image\` has not written. Give a folder of its own: -o FOLDER`,
  });
  strictEqual(await Deno.readTextFile(join(to, "Dockerfile")), "FROM node:22\n");
  await Deno.remove(join(to, "Dockerfile"));
  await rejects(writeDockerfile(image, to, { blobs }), { message: /it holds other files, layer-9\.tar\.gz\. Give/ });
  await Deno.remove(join(to, "layer-9.tar.gz"));
  await writeDockerfile(image, to, { blobs });
  await put("layer-9.tar.gz", "mine");
  await writeDockerfile(image, to, { blobs });
  const first = { ...image, manifest: { ...image.manifest, layers: image.manifest.layers.slice(0, 1) } };
  await writeDockerfile(first, to, { blobs });
  const names = async () => (await Array.fromAsync(Deno.readDir(to), ({ name }) => name)).sort();
  deepStrictEqual(await names(), ["Dockerfile", "layer-1.tar.gz", "layer-9.tar.gz"]);
  await put("layer-2.tar.gz", "mine");
  await rejects(writeDockerfile(image, to, { blobs }), { message: /it holds other files, layer-2\.tar\.gz\. Give/ });
  strictEqual(await Deno.readTextFile(join(to, "layer-9.tar.gz")), "mine");
});

Deno.test("writeDockerfile() goes on where one was killed before its Dockerfile was there", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  const to = join(folder.path, "context");
  await Deno.mkdir(to);
  await Deno.writeTextFile(join(to, "layer-1.tar.gz"), "half");
  await Deno.writeTextFile(join(to, ".levada-image"), "123456789\n");
  await writeDockerfile(image, to, { blobs });
  deepStrictEqual(
    await Deno.readFile(join(to, "layer-1.tar.gz")),
    await blobs.read(image.manifest.layers[0]!.digest),
  );
});

Deno.test("writeDockerfile() leaves its own Dockerfile alone where somebody has changed it, and not where lines end in another way", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  const to = join(folder.path, "context");
  await writeDockerfile(image, to, { blobs });
  const path = join(to, "Dockerfile");
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replaceAll("\n", "\r\n"));
  await writeDockerfile(image, to, { blobs });
  strictEqual(await Deno.readTextFile(path), text);
  const changed = `${text}RUN true\n`;
  await Deno.writeTextFile(path, changed);
  await rejects(writeDockerfile(image, to, { blobs }), {
    name: "ImageError",
    message:
      `Cannot write a Dockerfile to ${to}: somebody has changed the Dockerfile that \`levada image\` wrote there. Give another folder: -o FOLDER`,
  });
  strictEqual(await Deno.readTextFile(path), changed);
});
