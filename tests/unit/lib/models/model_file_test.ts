import { rejects, strictEqual } from "node:assert/strict";
import { findModelFile } from "../../../../lib/models/model_file.ts";

async function withFiles(names: readonly string[], use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of names) {
      await Deno.mkdir(`${folder}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
      if (!name.endsWith("/")) await Deno.writeTextFile(`${folder}/${name}`, "model");
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const FOUND: readonly (readonly [title: string, files: string[], modelPath: string, found: string])[] = [
  ["the file itself", ["iris.onnx"], "iris.onnx", "iris.onnx"],
  ["a file with another ending", ["iris.bin"], "iris.bin", "iris.bin"],
  ["a path without its ending", ["iris.onnx"], "iris", "iris.onnx"],
  ["a path that looks like a directory", ["iris.onnx"], "iris/", "iris.onnx"],
  ["the only one in a directory", ["iris/best.onnx", "iris/notes.txt"], "iris/", "iris/best.onnx"],
  ["of several the one named like the directory", ["iris/a.onnx", "iris/iris.onnx"], "iris", "iris/iris.onnx"],
  ["of several the one named model", ["iris/a.onnx", "iris/model.onnx"], "iris", "iris/model.onnx"],
];

for (const [title, files, modelPath, found] of FOUND) {
  Deno.test(`findModelFile() finds ${title}`, () =>
    withFiles(files, async (folder) => {
      const file = await findModelFile("m", { modelPath: `${folder}/${modelPath}`, suffix: ".onnx" });
      strictEqual(file, `${folder}/${found}`);
    }));
}

const MISSED: readonly (readonly [title: string, files: string[], modelPath: string, message: RegExp])[] = [
  ["both places it tried", [], "iris", /model "m": there is no ".*\/iris" nor ".*\/iris\.onnx"/],
  [
    "what a directory holds instead",
    ["iris/a.pkl", "iris/sub/"],
    "iris",
    /needs one \.onnx file, there is a\.pkl, sub\//,
  ],
  ["that a directory is empty", ["iris/"], "iris", /needs one \.onnx file, there is nothing/],
  ["which there are to choose from", ["iris/a.onnx", "iris/b.onnx"], "iris", /there is a\.onnx, b\.onnx/],
];

for (const [title, files, modelPath, message] of MISSED) {
  Deno.test(`findModelFile() tells ${title}`, () =>
    withFiles(files, async (folder) => {
      const query = { modelPath: `${folder}/${modelPath}`, suffix: ".onnx" };
      await rejects(findModelFile("m", query), { name: "ModelError", message });
    }));
}

Deno.test("findModelFile() tells that there is no modelPath", async () => {
  for (const modelPath of [undefined, ""]) {
    await rejects(findModelFile("m", { modelPath, suffix: ".onnx" }), /model "m": it has no modelPath/);
  }
});

Deno.test("findModelFile() tells which stores there are", async () => {
  await rejects(findModelFile("m", { modelPath: "ftp://bucket/iris", suffix: ".onnx" }), /no store for ftp:/);
});
