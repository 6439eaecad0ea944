"""Programs that run notebooks without a person: nbclient, `jupyter execute`, nbconvert.

    KERNEL_NAME=levada python test_headless.py

Prints one line a test and a last line, as test_kernel_conformance.py does.
"""
from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
import unittest

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import v4

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_kernel_conformance import Recorder  # noqa: E402

NAME = os.environ.get("KERNEL_NAME", "levada")
JUPYTER = os.path.join(sysconfig.get_path("scripts"), "jupyter")
LINES = 1000
RESULTS = 50


def notebook(*cells: str) -> nbformat.NotebookNode:
    return v4.new_notebook(
        cells=[v4.new_code_cell(c) for c in cells],
        metadata={"kernelspec": {"name": NAME, "display_name": NAME, "language": "typescript"}},
    )


def lines_and_results() -> nbformat.NotebookNode:
    lines = f"for (let i = 0; i < {LINES}; i++) console.log('line ' + i);"
    return notebook(lines, *(f"{i} * 2" for i in range(RESULTS)), "await Promise.resolve('the end')")


class Headless(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "it.ipynb")

    def tearDown(self) -> None:
        self.folder.cleanup()

    def jupyter(self, nb: nbformat.NotebookNode, *args: str) -> subprocess.CompletedProcess:
        nbformat.write(nb, self.path)
        return subprocess.run([JUPYTER, *args, self.path], capture_output=True, text=True, timeout=90)

    def complete(self, nb: nbformat.NotebookNode) -> None:
        nbformat.validate(nb)
        text = "".join(o["text"] for o in nb.cells[0].outputs)
        self.assertEqual(text, "".join(f"line {i}\n" for i in range(LINES)))
        self.assertEqual([c.outputs[0]["data"]["text/plain"] for c in nb.cells[1:-1]], [str(i * 2) for i in range(RESULTS)])
        self.assertIn("the end", nb.cells[-1].outputs[0]["data"]["text/plain"])
        self.assertEqual([c.execution_count for c in nb.cells], list(range(1, len(nb.cells) + 1)))

    def test_nbclient(self) -> None:
        "nbclient keeps every line and every result"
        nb = lines_and_results()
        NotebookClient(nb, timeout=60).execute()
        self.complete(nb)

    def test_nbclient_error(self) -> None:
        "nbclient stops at the cell that fails and keeps its error"
        nb = notebook("const a: number = 1;", "console.log('before');\nthrow new RangeError('on purpose');", "a")
        with self.assertRaises(CellExecutionError) as caught:
            NotebookClient(nb, timeout=60).execute()
        self.assertEqual((caught.exception.ename, caught.exception.evalue), ("RangeError", "on purpose"))
        self.assertEqual([o["output_type"] for o in nb.cells[1].outputs], ["stream", "error"])
        self.assertEqual(nb.cells[2].outputs, [])

    def test_nbclient_interrupt(self) -> None:
        "nbclient's timeout interrupts a loop"
        nb = notebook("while (true) {}")
        with self.assertRaises((CellTimeoutError, CellExecutionError)):
            NotebookClient(nb, timeout=2, interrupt_on_timeout=True).execute()
        self.assertEqual(nb.cells[0].outputs[-1]["ename"], "Interrupted")

    def test_execute(self) -> None:
        "jupyter execute --inplace writes every output"
        done = self.jupyter(lines_and_results(), "execute", "--inplace")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.complete(nbformat.read(self.path, as_version=4))

    def test_execute_error(self) -> None:
        "jupyter execute fails with the cell's error"
        done = self.jupyter(notebook("throw new Error('on purpose');"), "execute")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("on purpose", done.stderr)

    def test_convert_execute(self) -> None:
        "nbconvert --execute writes every output, and HTML"
        done = self.jupyter(lines_and_results(), "nbconvert", "--execute", "--inplace")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.complete(nbformat.read(self.path, as_version=4))

    def test_convert_html(self) -> None:
        "nbconvert --to html shows outputs and colours the code as TypeScript"
        nb = notebook("console.log(6 * 7);", 'Deno.jupyter.html`<b id="bold">x</b>`')
        NotebookClient(nb, timeout=60).execute()
        done = self.jupyter(nb, "nbconvert", "--to", "html")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path.replace(".ipynb", ".html"), encoding="utf-8") as f:
            html = f.read()
        self.assertIn("42\n", html)
        self.assertIn('<b id="bold">x</b>', html)
        self.assertIn('class="highlight hl-typescript"', html)

    def test_convert_script(self) -> None:
        "nbconvert --to script gives a TypeScript file"
        nb = notebook("console.log(1);")
        NotebookClient(nb, timeout=60).execute()
        done = self.jupyter(nb, "nbconvert", "--to", "script")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path.replace(".ipynb", ".ts"), encoding="utf-8") as f:
            self.assertIn("console.log(1);", f.read())

    def test_levada(self) -> None:
        "a notebook in any folder imports levada, and its graph is drawn"
        nb = notebook(
            'import { serving } from "levada";\nconst fn = serving("sizes");\nconst graph = fn.setTopology("flow");\n'
            'graph.to("size", (text: string) => text.length).respond();\ngraph.plot()',
            'const server = await fn.toMockServer();\nawait server.test("/", "four")',
        )
        NotebookClient(nb, timeout=60, resources={"metadata": {"path": self.folder.name}}).execute()
        self.assertIn("<svg", "".join(nb.cells[0].outputs[-1]["data"]["text/html"]))
        self.assertEqual(nb.cells[1].outputs[-1]["data"]["text/plain"], "4")


def main() -> int:
    recorder = Recorder()
    unittest.defaultTestLoader.loadTestsFromTestCase(Headless).run(recorder)
    results = [row["result"] for row in recorder.rows.values()]
    print(f"{results.count('pass')} passed, {results.count('fail')} failed, {results.count('skip')} skipped")
    return 1 if "fail" in results else 0


if __name__ == "__main__":
    sys.exit(main())
