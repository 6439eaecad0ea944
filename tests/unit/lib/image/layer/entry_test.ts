import { deepStrictEqual, throws } from "node:assert/strict";
import { inOrder, type LayerEntry } from "../../../../../lib/image/layer/entry.ts";

const file = (path: string, text = ""): LayerEntry => ({ kind: "file", path, bytes: new TextEncoder().encode(text) });

Deno.test("inOrder() sorts by path and adds the folders that lie above", () => {
  const paths = inOrder("try", [file("./b/c/d"), file("/a"), { kind: "folder", path: "b/" }]).map((
    { kind, path },
  ) => [kind, path]);
  deepStrictEqual(paths, [["file", "a"], ["folder", "b"], ["folder", "b/c"], ["file", "b/c/d"]]);
});

Deno.test("inOrder() keeps the last of one path, and the folder that everybody may write to", () => {
  const [tmp, only] = inOrder("try", [
    file("x", "first"),
    { kind: "folder", path: "tmp", isOpen: true },
    { kind: "folder", path: "tmp" },
    file("x", "second"),
  ]);
  deepStrictEqual(tmp, { kind: "folder", path: "tmp", isOpen: true });
  deepStrictEqual(only, file("x", "second"));
});

Deno.test("inOrder() refuses paths that lead out, and files below what is no folder", () => {
  for (const path of ["../etc/passwd", "a/../../b", "a\0b"]) {
    throws(() => inOrder("try", [file(path)]), {
      name: "ImageError",
      message: /^Cannot try: the path .* leads out of the image$/,
    });
  }
  throws(() => inOrder("try", [file("a/b"), { kind: "link", path: "a", target: "/" }]), {
    message: "Cannot try: a/b lies below a, a link",
  });
});
