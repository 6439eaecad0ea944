"""Makes the small models of the tests, and what other programs answer to them.

    python3 -m venv .venv
    .venv/bin/pip install onnx==1.20.0 onnxruntime==1.30.0 scikit-learn==1.9.1 skl2onnx==1.20.0 pandas==3.1.1
    .venv/bin/python tests/support/onnx/make_models.py && deno fmt tests/support/onnx

Every model but noisy is deterministic; expected.json holds what scikit-learn, and for the rest Python's onnxruntime, answered.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = pathlib.Path(__file__).parent
DATATYPES = {
    "BOOL": T.BOOL, "UINT8": T.UINT8, "UINT16": T.UINT16, "UINT32": T.UINT32, "UINT64": T.UINT64, "INT8": T.INT8,
    "INT16": T.INT16, "INT32": T.INT32, "INT64": T.INT64, "FP16": T.FLOAT16, "BF16": T.BFLOAT16, "FP32": T.FLOAT,
    "FP64": T.DOUBLE, "BYTES": T.STRING,
}
value = h.make_tensor_value_info
EXPECTED = {}


def save(name, nodes, inputs, outputs, weights=(), opset=15, **options):
    model = h.make_model(
        h.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(array, key) for key, array in weights]),
        opset_imports=[h.make_opsetid("", opset)],
        ir_version=8,
    )
    onnx.save(model, HERE / f"{name}.onnx", **options)


def run(name, **feeds):
    return [given.tolist() for given in onnxruntime.InferenceSession(HERE / f"{name}.onnx").run(None, feeds)]


def save_trained(name, model):
    model.graph.name = name  # skl2onnx may make one up
    imports = sorted(model.opset_import, key=lambda entry: entry.domain)  # it takes them from a set
    del model.opset_import[:]
    model.opset_import.extend(imports)
    onnx.save(model, HERE / f"{name}.onnx")


def plain():
    save(
        "echo",
        [h.make_node("Identity", [name], [f"{name}_out"]) for name in DATATYPES],
        [value(name, kind, ["rows", "columns"]) for name, kind in DATATYPES.items()],
        [value(f"{name}_out", kind, ["rows", "columns"]) for name, kind in DATATYPES.items()],
    )
    save(
        "scalar",
        [h.make_node("ReduceSum", ["x"], ["sum"], keepdims=0), h.make_node("Mul", ["sum", "by"], ["y"])],
        [value("x", T.FLOAT, ["rows", 2]), value("by", T.FLOAT, [])],
        [value("y", T.FLOAT, [])],
    )
    save(
        "pieces",
        [h.make_node("SplitToSequence", ["x"], ["numbers"], axis=0, keepdims=0),
         h.make_node("SplitToSequence", ["words", "two"], ["lists"], axis=0)],
        [value("x", T.FLOAT, ["rows", "columns"]), value("words", T.STRING, ["words"])],
        [h.make_tensor_sequence_value_info("numbers", T.FLOAT, None),
         h.make_tensor_sequence_value_info("lists", T.STRING, None)],
        [("two", np.array(2, np.int64))],
    )
    save(
        "joined",
        [h.make_node("ConcatFromSequence", ["parts"], ["row"], axis=0), h.make_node("SequenceAt", ["parts", "place"], ["part"]),
         h.make_node("ConcatFromSequence", ["words"], ["text"], axis=0)],
        [h.make_tensor_sequence_value_info("parts", T.FLOAT, None), value("place", T.INT64, []),
         h.make_tensor_sequence_value_info("words", T.STRING, None)],
        [value("row", T.FLOAT, None), value("part", T.FLOAT, None), value("text", T.STRING, ["words"])],
    )
    save(
        "mean",
        [h.make_node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=0)],
        [value("x", T.FLOAT, ["rows", "length"])],
        [value("mean", T.FLOAT, ["rows"])],
    )
    table = np.array([[1, 10], [2, 20], [3, 30]], np.float32)
    save(
        "lookup",
        [h.make_node("Gather", ["table", "place"], ["entry"])],
        [value("place", T.INT64, ["rows"])],
        [value("entry", T.FLOAT, ["rows", 2])],
        [("table", table)],
    )
    save(
        "whole",  # the answer to a row depends on the others: it has no rows to split
        [h.make_node("ReduceMax", ["x"], ["most"], keepdims=0)],
        [value("x", T.FLOAT, ["rows", 1])],
        [value("most", T.FLOAT, [])],
    )
    rowless()


def rowless():
    """Models of rows whose outputs have none, or not as many."""
    save(
        "turned",  # the first size of "columns" is often that of some requests together
        [h.make_node("Transpose", ["x"], ["columns"], perm=[1, 0]), h.make_node("Neg", ["x"], ["rows_out"])],
        [value("x", T.FLOAT, ["rows", 4])],
        [value("rows_out", T.FLOAT, ["rows", 4]), value("columns", T.FLOAT, [4, "rows"])],
    )
    save(
        "places",  # two numbers for each value that is not 0
        [h.make_node("NonZero", ["x"], ["found"]), h.make_node("Transpose", ["found"], ["place"], perm=[1, 0])],
        [value("x", T.FLOAT, ["rows", 3])],
        [value("place", T.INT64, ["places", 2])],
    )
    save(
        "unsaid",  # neither the file nor the runtime knows the shape of "y"; that of "z" the runtime works out
        [h.make_node("Shape", ["x"], ["sizes"]), h.make_node("Cast", ["sizes"], ["numbers"], to=T.FLOAT),
         h.make_node("Cast", ["numbers"], ["shape"], to=T.INT64), h.make_node("Neg", ["x"], ["z"]),
         h.make_node("Reshape", ["z", "shape"], ["y"])],
        [value("x", T.FLOAT, ["rows", 2])],
        [value("y", T.FLOAT, None), value("z", T.FLOAT, None)],
    )
    save(
        "spoken",  # as speech models give their steps in time first; no size has a name
        [h.make_node("Transpose", ["x"], ["steps"], perm=[1, 0, 2]), h.make_node("Neg", ["x"], ["y"])],
        [value("x", T.FLOAT, [None, None, 1])],
        [value("steps", T.FLOAT, [None, None, 1]), value("y", T.FLOAT, [None, None, 1])],
    )
    save(
        "picky",  # it takes no zeros, and names no sizes
        [h.make_node("Sub", ["place", "five"], ["index"]), h.make_node("Gather", ["table", "index"], ["entry"])],
        [value("place", T.INT64, [None])],
        [value("entry", T.FLOAT, [None])],
        [("five", np.array(5, np.int64)), ("table", np.array([10, 20, 30], np.float32))],
    )
    save(
        "boastful",  # its file says that it has a row for each, and it has none for zeros
        [h.make_node("NonZero", ["x"], ["found"]), h.make_node("Squeeze", ["found"], ["place"])],
        [value("x", T.FLOAT, ["rows"])],
        [value("place", T.INT64, ["rows"])],
    )
    dependent()


def dependent():
    """Models that have a row for each row, which is another one beside other rows."""
    rows = [value("x", T.FLOAT, ["rows"])], [value("y", T.FLOAT, ["rows"])]
    save("summed", [h.make_node("CumSum", ["x", "first"], ["y"])], *rows, [("first", np.array(0, np.int64))])
    save(
        "centred",  # equal rows have the same answer alone and together; "own" is always each row's own
        [h.make_node("ReduceMean", ["x"], ["mean"], axes=[0]), h.make_node("Sub", ["x", "mean"], ["y"]),
         h.make_node("Neg", ["x"], ["own"])],
        rows[0], [*rows[1], value("own", T.FLOAT, ["rows"])],
    )
    save(
        "short",  # it takes zeros only
        [h.make_node("Gather", ["table", "place"], ["entry"])],
        [value("place", T.INT64, ["rows"])], [value("entry", T.FLOAT, ["rows"])],
        [("table", np.array([10], np.float32))],
    )
    hardly(*rows)
    save("noisy", [h.make_node("RandomNormalLike", ["x"], ["noise"]), h.make_node("Add", ["x", "noise"], ["y"])], *rows)


def hardly(*rows):
    """Models whose rows have something to do with each other that is not easily seen."""
    total = h.make_node("ReduceSum", ["x"], ["total"], keepdims=1)
    save(
        "beside_large",  # a sum of all rows beside values that are a million times as large
        [total, h.make_node("Sub", ["x", "x"], ["zeros"]), h.make_node("Add", ["zeros", "total"], ["sum"]),
         h.make_node("Mul", ["x", "million"], ["large"]), h.make_node("Concat", ["large", "sum"], ["y"], axis=1)],
        [value("x", T.FLOAT, ["rows", 1])], [value("y", T.FLOAT, ["rows", 2])], [("million", np.array(1e6, np.float32))],
    )
    save(
        "below_zero",  # only where the sum of all rows is
        [total, h.make_node("Neg", ["total"], ["less"]), h.make_node("Relu", ["less"], ["below"]),
         h.make_node("Add", ["x", "below"], ["y"])],
        *rows,
    )
    for name, reverse in {"earlier": 0, "later": 1}.items():  # a little of the rows before, or behind
        save(
            name,
            [h.make_node("CumSum", ["x", "first"], ["sum"], exclusive=1, reverse=reverse),
             h.make_node("Mul", ["sum", "little"], ["more"]), h.make_node("Add", ["x", "more"], ["y"])],
            *rows, [("first", np.array(0, np.int64)), ("little", np.array(1e-4, np.float32))],
        )
    save(
        "counted",  # a twentieth more for each row, beside values that are ten thousand times as large
        [h.make_node("Shape", ["x"], ["sizes"]), h.make_node("Gather", ["sizes", "first"], ["size"]),
         h.make_node("Cast", ["size"], ["many"], to=T.FLOAT), h.make_node("Mul", ["many", "part"], ["more"]),
         h.make_node("Add", ["more", "one"], ["times"]), h.make_node("Mul", ["x", "times"], ["own"]),
         h.make_node("Mul", ["x", "large"], ["others"]), h.make_node("Concat", ["own", "others"], ["y"], axis=1)],
        [value("x", T.FLOAT, ["rows", 1])], [value("y", T.FLOAT, ["rows", 2])],
        [("first", np.array(0, np.int64)), ("part", np.array(0.05, np.float32)), ("one", np.array(1, np.float32)),
         ("large", np.array(1e4, np.float32))],
    )
    save(
        "first_two", [h.make_node("Slice", ["x", "begin", "end"], ["y"])],
        *rows, [("begin", np.array([0], np.int64)), ("end", np.array([2], np.int64))],
    )
    save(
        "detections",  # the column of each value that is not 0
        [h.make_node("NonZero", ["x"], ["found"]), h.make_node("Gather", ["found", "columns"], ["y"], axis=0)],
        [value("x", T.FLOAT, ["rows", 3])], [value("y", T.INT64, ["many"])], [("columns", np.array(1, np.int64))],
    )
    save(
        "no_number",
        [h.make_node("Abs", ["x"], ["size"]), h.make_node("Neg", ["size"], ["less"]), h.make_node("Log", ["less"], ["y"])],
        *rows,
    )


def neural():
    random = np.random.default_rng(5)
    weights = [
        ("first", random.normal(0, 0.5, (4, 16)).astype(np.float32)), ("first_bias", random.normal(0, 1, 16).astype(np.float32)),
        ("second", random.normal(0, 0.5, (16, 3)).astype(np.float32)), ("second_bias", np.zeros(3, np.float32)),
    ]
    nodes = [
        h.make_node("Gemm", ["x", "first", "first_bias"], ["hidden"]), h.make_node("Relu", ["hidden"], ["bent"]),
        h.make_node("Gemm", ["bent", "second", "second_bias"], ["scores"]), h.make_node("Softmax", ["scores"], ["p"], axis=1),
    ]
    signature = [value("x", T.FLOAT, ["rows", 4])], [value("p", T.FLOAT, ["rows", 3])]
    save("mlp", nodes, *signature, weights)
    save("outside", nodes, *signature, weights, save_as_external_data=True, location="outside.bin", size_threshold=0)
    runtime_format("mlp")
    rows = random.normal(0, 2, (20, 4)).astype(np.float32)
    EXPECTED["mlp"] = {"x": rows.tolist(), "p": run("mlp", x=rows)[0]}


def runtime_format(name):
    """The runtime's own format, which is no protocol buffer."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HERE / f"{name}.onnx", folder)
        tool = ["-m", "onnxruntime.tools.convert_onnx_models_to_ort", folder, "--optimization_style", "Fixed"]
        subprocess.run([sys.executable, *tool], check=True, capture_output=True)
        shutil.copy(pathlib.Path(folder) / f"{name}.ort", HERE)


def classical():
    rows, classes = load_iris(return_X_y=True)
    rows = np.round(rows, 1)
    names = np.array(["setosa", "versicolor", "virginica"])
    for name, labels in {"zip_numbers": classes, "zip_texts": names[classes]}.items():
        model = LogisticRegression(max_iter=1000, C=0.5).fit(rows, labels)
        save_trained(name, to_onnx(model, rows[:1].astype(np.float32), target_opset=15))
        some = rows[::10]
        EXPECTED[name] = {"rows": some.tolist(), "labels": model.predict(some).tolist(),
                          "probabilities": model.predict_proba(some).tolist()}
    columns()


def columns():
    import pandas
    frame = pandas.DataFrame({
        "age": [20, 30, 40, 50, 60, 25, 35, 45], "income": [1, 2, 3, 4, 5, 1.5, 2.5, 3.5],
        "city": ["Oslo", "Bergen", "Oslo", "Bergen", "Oslo", "Bergen", "Oslo", "Bergen"],
    })
    buys = ["no", "yes", "no", "yes", "yes", "no", "no", "yes"]
    prepared = ColumnTransformer([("numbers", StandardScaler(), ["age", "income"]), ("texts", OneHotEncoder(), ["city"])])
    model = Pipeline([("prepare", prepared), ("choose", LogisticRegression())]).fit(frame, buys)
    types = [("age", FloatTensorType([None, 1])), ("income", FloatTensorType([None, 1])), ("city", StringTensorType([None, 1]))]
    save_trained("columns", to_onnx(model, initial_types=types, target_opset=15))
    EXPECTED["columns"] = {"rows": frame.to_dict("records"), "labels": model.predict(frame).tolist(),
                           "classes": model.classes_.tolist(), "probabilities": model.predict_proba(frame).tolist()}


if __name__ == "__main__":
    (HERE / "outside.bin").unlink(missing_ok=True)
    plain()
    neural()
    classical()
    (HERE / "expected.json").write_text(json.dumps(EXPECTED))
