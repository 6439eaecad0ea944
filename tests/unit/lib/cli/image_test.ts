import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { main } from "../../../../lib/cli/main.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

/** Types words in a terminal. */
async function type(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const terminal = {
    out: (text: string) => void (texts.out += text),
    err: (text: string) => void (texts.err += text),
    isInteractive: false,
    columns: 100,
  };
  return { code: await main(["image", ...words], terminal, new AbortController().signal), ...texts };
}

Deno.test("levada image says which words it does not take", async () => {
  const cases: readonly (readonly [string[], RegExp])[] = [
    [[], /give it one notebook, module or bundle/],
    [["a.ts", "b.ts"], /give it one notebook, module or bundle/],
    [["a.ts", "--runtime"], /the runtime has no bundle/],
    [["a.ts", "--push"], /--push needs a name: -t REGISTRY\/NAME:TAG/],
    [["a.ts", "--dockerfile", "-o", "a.tar"], /--dockerfile writes a folder/],
    [["a.ts", "--label", "x"], /--label takes NAME=VALUE: got "x"/],
    [["a.ts", "--tga", "x"], /Unknown option '--tga'/],
  ];
  for (const [words, message] of cases) {
    const { code, err } = await type(...words);
    strictEqual(code, 2, words.join(" "));
    match(err, message);
  }
});

Deno.test("levada image refuses a name that is none before anything takes time", async () => {
  const { code, out, err } = await type("--runtime", "-t", "Registry/NAME:1");
  deepStrictEqual([code, out], [1, ""]);
  match(err, /^levada image: Cannot read "Registry\/NAME:1" as the name of an image: /);
});

Deno.test("levada image refuses a place that is not its own before anything takes time", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "file");
  await Deno.writeTextFile(file, "mine");
  await Deno.writeTextFile(join(folder.path, "Dockerfile"), "FROM node:22\n");
  const cases: readonly (readonly [string[], RegExp])[] = [
    [["-o", file], /^levada image: Cannot write the image to .*: that is a file\. Give a folder; /],
    [["-o", folder.path], /it holds other files, Dockerfile, file\. Give a folder/],
    [["--dockerfile", "-o", folder.path], /it has a Dockerfile that `levada image` has not written/],
  ];
  for (const [words, message] of cases) {
    const { code, out, err } = await type("--runtime", ...words);
    deepStrictEqual([code, out], [1, ""], words.join(" "));
    match(err, message);
  }
});
