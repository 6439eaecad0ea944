"""Holds notebooks against nbformat's own validator and writer: notebooks_check.py NOTEBOOK..."""

import sys
import warnings

import nbformat

failed = 0
for path in sys.argv[1:]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a missing or doubled id is only warned about
            notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
            nbformat.validate(notebook, relax_add_props=False)
        if (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
            raise ValueError(f"nbformat is {notebook.nbformat}.{notebook.nbformat_minor}, not 4.5")
        again = nbformat.writes(notebook)
        if again.rstrip("\n") != text.rstrip("\n"):
            raise ValueError("Jupyter would lay it out differently")
    except Exception as error:
        failed += 1
        print(f"FAILED {path}: {error}")
    else:
        print(f"ok {path}")
print(f"{len(sys.argv) - 1 - failed} passed, {failed} failed, 0 skipped")
sys.exit(1 if failed else 0)
