import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import type { CodeCell } from "../../../../kernel/client/notebook.ts";
import {
  decodeNotebook,
  encodeNotebook,
  readNotebook,
  writeNotebook,
} from "../../../../kernel/client/notebook_file.ts";

function file(cells: unknown[], rest: Record<string, unknown> = {}): string {
  return JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5, ...rest });
}

const CODE = { cell_type: "code", id: "one", metadata: {}, execution_count: null, outputs: [], source: "1 + 1" };

/** Laid out as Jupyter's own writer does it: sorted keys, one space, lists of lines, a newline at the end. */
const AS_JUPYTER_WRITES = `{
 "cells": [
  {
   "cell_type": "markdown",
   "id": "title",
   "metadata": {},
   "source": [
    "# Title\\n",
    "\\n",
    "Grüße"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "id": "one",
   "metadata": {
    "tags": [
     "raises-exception"
    ]
   },
   "outputs": [
    {
     "name": "stdout",
     "output_type": "stream",
     "text": [
      "a\\n",
      "b\\n"
     ]
    },
    {
     "data": {
      "application/json": {
       "a": [
        1
       ]
      },
      "text/plain": [
       "2"
      ]
     },
     "execution_count": 1,
     "metadata": {},
     "output_type": "execute_result"
    }
   ],
   "source": [
    "1 + 1"
   ]
  }
 ],
 "metadata": {
  "kernelspec": {
   "display_name": "Levada",
   "language": "typescript",
   "name": "levada"
  }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
`;

Deno.test("encodeNotebook() gives back byte for byte what Jupyter wrote", () => {
  strictEqual(encodeNotebook(decodeNotebook(AS_JUPYTER_WRITES, "a.ipynb")), AS_JUPYTER_WRITES);
});

Deno.test("encodeNotebook() splits lines where Python's splitlines does, and loses none", () => {
  const source = "a\r\nb\u2028c\vd\n\ne";
  const written = encodeNotebook(decodeNotebook(file([{ ...CODE, source }]), "a.ipynb"));
  deepStrictEqual(JSON.parse(written).cells[0].source, ["a\r\n", "b\u2028", "c\v", "d\n", "\n", "e"]);
});

Deno.test("encodeNotebook() writes an empty cell and an empty text as an empty list", () => {
  const outputs = [{ output_type: "stream", name: "stdout", text: "" }];
  const [cell] = JSON.parse(encodeNotebook(decodeNotebook(file([{ ...CODE, source: "", outputs }]), "a"))).cells;
  deepStrictEqual([cell.source, cell.outputs[0].text], [[], []]);
});

Deno.test("decodeNotebook() takes nbformat 4.0 to 4.5 and gives every cell an id", () => {
  for (let minor = 0; minor <= 5; minor++) {
    const cells = [{ ...CODE, id: undefined }, { cell_type: "raw", metadata: {}, source: ["a\n", "b"] }];
    const notebook = decodeNotebook(file(cells, { nbformat_minor: minor }), "a.ipynb");
    deepStrictEqual(notebook.cells.map((cell) => [cell.id, cell.source]), [["cell-1", "1 + 1"], ["cell-2", "a\nb"]]);
    strictEqual(JSON.parse(encodeNotebook(notebook)).nbformat_minor, 5);
  }
});

Deno.test("decodeNotebook() replaces ids that are taken or that nbformat refuses", () => {
  const ids = ["same", "same", "no spaces", "x".repeat(65), ""];
  const notebook = decodeNotebook(file(ids.map((id) => ({ ...CODE, id }))), "a.ipynb");
  deepStrictEqual(notebook.cells.map((cell) => cell.id), ["same", "cell-2", "cell-3", "cell-4", "cell-5"]);
});

Deno.test("decodeNotebook() keeps metadata and attachments that it does not know", () => {
  const attachments = { "a.png": { "image/png": "aGk=" } };
  const cell = { cell_type: "markdown", id: "m", metadata: { mine: { deep: [1] } }, source: "", attachments };
  const written = JSON.parse(encodeNotebook(decodeNotebook(file([cell], { metadata: { also: 1 } }), "a.ipynb")));
  deepStrictEqual(written.cells[0], { ...cell, source: [] });
  deepStrictEqual(written.metadata, { also: 1 });
});

Deno.test("decodeNotebook() keeps a key named __proto__ as data", () => {
  const text = file([CODE]).replace('"metadata":{}', '"metadata":{"__proto__":{"polluted":true},"a":1}');
  const notebook = decodeNotebook(text, "a.ipynb");
  const cell = notebook.cells[0] as CodeCell;
  strictEqual((cell.metadata as { polluted?: boolean }).polluted, undefined);
  strictEqual(({} as { polluted?: boolean }).polluted, undefined);
  strictEqual(cell.metadata.a, 1);
});

Deno.test("decodeNotebook() tells in one line what is wrong with a file that is no notebook", () => {
  const cases: [string, RegExp][] = [
    ["", /^Cannot read notebook bad\.ipynb as JSON: it is empty$/],
    ["  \n", /it is empty$/],
    ["print('hello')", /^Cannot read notebook bad\.ipynb as JSON: Unexpected token/],
    ['{"cells": [', /as JSON: /],
    ["[]", /as a notebook: its JSON has no "nbformat" number$/],
    ["null", /has no "nbformat" number$/],
    ["17", /has no "nbformat" number$/],
    ['{"nbformat": 3, "nbformat_minor": 0, "worksheets": []}', /it is nbformat 3\.0\. Open and save it in JupyterLab/],
    ['{"nbformat": 5, "nbformat_minor": 0}', /as nbformat 4\.0 to 4\.5: it is nbformat 5\.0$/],
    ['{"nbformat": 4, "nbformat_minor": 6}', /it is nbformat 4\.6$/],
    ['{"nbformat": 4}', /it is nbformat 4 without "nbformat_minor"$/],
    ['{"nbformat": 4, "nbformat_minor": 5}', /as nbformat 4: cells: /],
    [file([{ ...CODE, cell_type: "poem" }]), /as nbformat 4: cells\[0\]\.cell_type: /],
    [file([{ ...CODE, source: 7 }]), /cells\[0\]\.source: /],
    [file([{ ...CODE, outputs: [{ output_type: "smell" }] }]), /cells\[0\]\.outputs\[0\]\.output_type: /],
    [file([1, 2, 3, 4, 5]), /cells\[0\]: .*; and 2 more$/],
    [file([{ ...CODE, metadata: JSON.parse("[".repeat(600) + "]".repeat(600)) }]), /as at most 500 levels of JSON/],
  ];
  for (const [text, message] of cases) {
    throws(() => decodeNotebook(text, "bad.ipynb"), { name: "NotebookError", message });
  }
});

Deno.test("decodeNotebook() survives a hundred thousand nested brackets", () => {
  const text = file([CODE]).replace('"metadata":{}', `"metadata":${"[".repeat(100_000)}${"]".repeat(100_000)}`);
  throws(() => decodeNotebook(text, "deep.ipynb"), { name: "NotebookError", message: /at most 500 levels/ });
});

Deno.test("readNotebook() and writeNotebook() carry a notebook through a file", async () => {
  const path = await Deno.makeTempFile({ suffix: ".ipynb" });
  try {
    await Deno.writeTextFile(path, AS_JUPYTER_WRITES);
    await writeNotebook(path, await readNotebook(path));
    strictEqual(await Deno.readTextFile(path), AS_JUPYTER_WRITES);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("readNotebook() refuses what is missing, a folder, too large or not text", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/a.ipynb`;
  try {
    await rejects(readNotebook(path), { name: "NotebookError", message: /a\.ipynb: there is no such file$/ });
    await rejects(readNotebook(folder), { name: "NotebookError", message: /as a file: it is a folder$/ });
    await Deno.writeTextFile(path, AS_JUPYTER_WRITES);
    await rejects(readNotebook(path, { limitBytes: 10 }), {
      name: "NotebookError",
      message: /as at most 10 bytes: it has /,
    });
    await Deno.writeFile(path, new Uint8Array([0xff, 0xfe, 0x00, 0x80]));
    await rejects(readNotebook(path), { name: "NotebookError", message: /as UTF-8 text: it has other bytes$/ });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
