"""Python's onnxruntime as a witness.

    witness.py own OUT            ONNX's own tests, with what this runtime answers to each
    witness.py ask OUT MODEL [NAME=DATATYPE:SIZExSIZE[:LOWEST:HIGHEST]]…   random inputs, and what this runtime answers

Each line of OUT is a case: name, model, inputs, expected outputs, and python: pass, or why not.
"""

import base64
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, numpy_helper

SUITES = ["node", "simple", "pytorch-converted", "pytorch-operator"]
NAMES = {
    TensorProto.BOOL: "BOOL", TensorProto.UINT8: "UINT8", TensorProto.UINT16: "UINT16", TensorProto.UINT32: "UINT32",
    TensorProto.UINT64: "UINT64", TensorProto.INT8: "INT8", TensorProto.INT16: "INT16", TensorProto.INT32: "INT32",
    TensorProto.INT64: "INT64", TensorProto.FLOAT16: "FP16", TensorProto.BFLOAT16: "BF16", TensorProto.FLOAT: "FP32",
    TensorProto.DOUBLE: "FP64", TensorProto.STRING: "BYTES",
}
TYPES = {name: kind for kind, name in NAMES.items()}


class Foreign(Exception):
    """A value that is no dense tensor of a datatype of the open inference protocol."""


def own(out):
    data = pathlib.Path(onnx.__file__).parent / "backend/test/data"
    with open(out, "w") as file:
        for suite in SUITES:
            for folder in sorted((data / suite).iterdir()):
                if not (folder / "model.onnx").exists():
                    continue
                case = {"name": f"{suite}/{folder.name}", "model": str(folder / "model.onnx")}
                try:
                    case |= recorded(folder)
                except Foreign as error:
                    case["foreign"] = str(error)
                except Exception as error:
                    case["foreign"] = f"its data cannot be read: {error}"
                file.write(json.dumps(case) + "\n")


def recorded(folder):
    model = onnx.load(folder / "model.onnx", load_external_data=False)
    valued = {weights.name for weights in model.graph.initializer}
    taken = [value for value in model.graph.input if value.name not in valued]
    inputs = [read(folder, "input", index, value) for index, value in enumerate(taken)]
    outputs = [read(folder, "output", index, value) for index, value in enumerate(model.graph.output)]
    return {
        "inputs": [encoded(value.name, given, value.type) for value, given in zip(taken, inputs)],
        "outputs": [encoded(value.name, given, value.type) for value, given in zip(model.graph.output, outputs)],
        "python": judged(folder / "model.onnx", {value.name: given for value, given in zip(taken, inputs)}, outputs),
    }


def read(folder, what, index, value):
    raw = (folder / "test_data_set_0" / f"{what}_{index}.pb").read_bytes()
    kind = value.type.WhichOneof("value")
    if kind == "sequence_type":
        return numpy_helper.to_list(onnx.SequenceProto.FromString(raw))
    if kind != "tensor_type":
        raise Foreign(f"{what} {value.name} is a {kind.removesuffix('_type')}")
    return numpy_helper.to_array(TensorProto.FromString(raw))


def judged(path, feeds, expected):
    try:
        given = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, feeds)
    except Exception as error:
        return f"refuses: {str(error)[:200]}"
    return "pass" if all(same(one, other) for one, other in zip(given, expected)) else "differs"


def same(one, other):
    if isinstance(one, list) or isinstance(other, list):
        return isinstance(one, list) and isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape:
        return False
    if one.dtype.kind in "OUS" or other.dtype.kind in "OUS":
        return [str(value) for value in one.flat] == [str(value) for value in other.flat]
    return bool(np.allclose(one.astype(np.float64), other.astype(np.float64), rtol=1e-3, atol=1e-5, equal_nan=True))


def encoded(name, given, kind):
    if kind.WhichOneof("value") == "sequence_type":
        element = kind.sequence_type.elem_type
        if element.WhichOneof("value") == "map_type":  # ZipMap's: we give the tensor of its values
            given = np.array([list(row.values()) for row in given], np.float32)
            return encoded(name, given, onnx.helper.make_tensor_type_proto(TensorProto.FLOAT, None))
        return {"name": name, "sequence": [encoded("", one, element) for one in given]}
    datatype = NAMES.get(kind.tensor_type.elem_type)
    if datatype is None:
        raise Foreign(f"{name} is of {TensorProto.DataType.Name(kind.tensor_type.elem_type)}")
    tensor = {"name": name, "datatype": datatype, "shape": list(given.shape)}
    if datatype == "BYTES":
        return tensor | {"text": [one.decode() if isinstance(one, bytes) else str(one) for one in given.flat]}
    return tensor | {"raw": base64.b64encode(np.ascontiguousarray(given).tobytes()).decode()}


def ask(out, model, wishes):
    random = np.random.default_rng(11)
    sizes = dict(wish.split("=") for wish in wishes)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    feeds = {value.name: made(random, sizes[value.name]) for value in session.get_inputs()}
    read = onnx.load(model, load_external_data=False).graph
    kinds = {value.name: value.type for value in [*read.input, *read.output]}
    names = [value.name for value in session.get_outputs()]
    case = {
        "name": pathlib.Path(model).name, "model": model, "python": "pass",
        "inputs": [encoded(name, given, kinds[name]) for name, given in feeds.items()],
        "outputs": [encoded(name, given, kinds[name]) for name, given in zip(names, session.run(names, feeds))],
    }
    with open(out, "a") as file:
        file.write(json.dumps(case) + "\n")


def made(random, wish):
    datatype, sizes, *bounds = wish.split(":")
    shape = [int(size) for size in sizes.split("x")] if sizes else []
    lowest, highest = (float(bound) for bound in bounds) if bounds else (-1, 1)
    kind = onnx.helper.tensor_dtype_to_np_dtype(TYPES[datatype])
    if datatype.startswith(("INT", "UINT")):
        return random.integers(int(lowest), int(highest) + 1, shape, kind)
    return np.asarray(random.uniform(lowest, highest, shape), kind)


if __name__ == "__main__":
    if sys.argv[1] == "own":
        own(sys.argv[2])
    else:
        ask(sys.argv[2], sys.argv[3], sys.argv[4:])
