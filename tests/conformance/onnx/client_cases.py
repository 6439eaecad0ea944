"""tritonclient asks `levada serve` for ONNX models: every datatype, sequences, maps, no rows, batches. Prints a line a case."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import ml_dtypes
import numpy as np
import tritonclient.http as triton

URL = urlsplit(sys.argv[1]).netloc
EXPECTED = json.load(open(sys.argv[2]))
VALUES = {
    "BOOL": np.array([[True, False]]),
    "UINT8": np.array([[0, 255]], np.uint8),
    "UINT16": np.array([[0, 65535]], np.uint16),
    "UINT32": np.array([[0, 2**32 - 1]], np.uint32),
    "UINT64": np.array([[2**53 + 1, 2**64 - 1]], np.uint64),
    "INT8": np.array([[-128, 127]], np.int8),
    "INT16": np.array([[-(2**15), 2**15 - 1]], np.int16),
    "INT32": np.array([[-(2**31), 2**31 - 1]], np.int32),
    "INT64": np.array([[-(2**63), 2**53 + 1]], np.int64),
    "FP16": np.array([[1.5, -65504]], np.float16),
    "BF16": np.array([[1.5, -3.0]], ml_dtypes.bfloat16),
    "FP32": np.array([[1e-45, -3.4e38]], np.float32),
    "FP64": np.array([[5e-324, -np.pi]]),
    "BYTES": np.array([["é".encode(), b""]], np.object_),
}
CASES = []


def case(function):
    CASES.append(function)
    return function


def tensor(name, values, datatype, binary=True):
    given = triton.InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values, binary_data=binary)
    return given


def equal(given, wanted):
    assert np.array_equal(given, wanted), f"{given} is not {wanted}"


@case
def every_datatype_binary():
    with triton.InferenceServerClient(URL) as server:
        reply = server.infer("echo", [tensor(name, values, name) for name, values in VALUES.items()])
    for name, values in VALUES.items():
        given = reply.as_numpy(f"{name}_out")
        assert given.dtype == values.dtype, f"{name}: {given.dtype}"
        equal(given, values)


@case
def integers_of_64_bits_as_json():
    outputs = [triton.InferRequestedOutput(f"{name}_out", binary_data=False) for name in ["INT64", "UINT64"]]
    inputs = [tensor(name, values, name, name in ["FP16", "BF16"]) for name, values in VALUES.items()]
    with triton.InferenceServerClient(URL) as server:
        reply = server.infer("echo", inputs, outputs=outputs)
    for name in ["INT64", "UINT64"]:
        equal(reply.as_numpy(f"{name}_out"), VALUES[name])


@case
def maps_are_a_tensor_with_labels():
    rows = np.array(EXPECTED["zip_texts"]["rows"], np.float32)
    with triton.InferenceServerClient(URL) as server:
        reply = server.infer("zip_texts", [tensor("X", rows, "FP32")])
    equal([label.decode() for label in reply.as_numpy("output_label")], EXPECTED["zip_texts"]["labels"])
    given = reply.as_numpy("output_probability")
    assert np.allclose(given, EXPECTED["zip_texts"]["probabilities"], atol=1e-5), given
    labels = json.loads(reply.get_output("output_probability")["parameters"]["labels"])
    equal(labels, ["setosa", "versicolor", "virginica"])


@case
def no_rows():
    with triton.InferenceServerClient(URL) as server:
        reply = server.infer("zip_texts", [tensor("X", np.zeros((0, 4), np.float32), "FP32")])
    assert [output["shape"] for output in reply.get_response()["outputs"]] == [[0], [0, 3]]


@case
def sequences_by_their_elements():
    inputs = [
        tensor("parts[0]", np.array([[1, 2]], np.float32), "FP32"),
        tensor("parts[1]", np.array([[3, 4], [5, 6]], np.float32), "FP32"),
        tensor("place", np.array(1, np.int64), "INT64"),
        tensor("words[0]", np.array([b"a", b"b"], np.object_), "BYTES"),
    ]
    with triton.InferenceServerClient(URL) as server:
        joined = server.infer("joined", inputs)
        words = np.array([b"a", b"b", b"c"], np.object_)
        pieces = server.infer("pieces", [tensor("x", np.array([[1, 2], [3, 4]], np.float32), "FP32"), tensor("words", words, "BYTES")])
    equal(joined.as_numpy("row"), [[1, 2], [3, 4], [5, 6]])
    equal(joined.as_numpy("part"), [[3, 4], [5, 6]])
    names = [output["name"] for output in pieces.get_response()["outputs"]]
    equal(names, ["numbers[0]", "numbers[1]", "lists[0]", "lists[1]"])
    equal(pieces.as_numpy("numbers[1]"), [3, 4])
    equal(pieces.as_numpy("lists[1]"), [b"c"])


@case
def many_callers_in_batches():
    rows = np.array(EXPECTED["mlp"]["x"], np.float32)

    def ask(index):
        with triton.InferenceServerClient(URL) as server:
            count = index % 3 + 1
            some = np.take(rows, range(index, index + count), axis=0, mode="wrap")
            reply = server.infer("batched", [tensor("x", some, "FP32")])
            return reply.as_numpy("p"), np.take(EXPECTED["mlp"]["p"], range(index, index + count), axis=0, mode="wrap")

    with ThreadPoolExecutor(16) as pool:
        for given, wanted in pool.map(ask, range(120)):
            assert given.shape == wanted.shape and np.allclose(given, wanted, atol=1e-6), f"{given} is not {wanted}"


@case
def metadata():
    with triton.InferenceServerClient(URL) as server:
        told = server.get_model_metadata("zip_texts")
    assert (told["platform"], told["backend"]) == ("onnxruntime_onnx", "native"), told
    equal([output["datatype"] for output in told["outputs"]], ["BYTES", "FP32"])


for function in CASES:
    title = function.__name__.replace("_", " ")
    try:
        function()
        print(f"pass tritonclient: {title}")
    except Exception as error:
        print(f"fail tritonclient: {title}: {type(error).__name__} {str(error)[:400]}".replace("\n", " "))
