"""NVIDIA's client, tritonclient[http], unchanged."""

import asyncio

import ml_dtypes
import numpy as np
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import np_to_triton_dtype

from harness import NO_BINARY, STATUS, case, host, main, raw

EDGES = {
    "bool": [[True, False]],
    "uint8": [[0, 255]],
    "uint16": [[0, 65535]],
    "uint32": [[0, 2**32 - 1]],
    "uint64": [[0, 2**64 - 1]],
    "int8": [[-128, 127]],
    "int16": [[-32768, 32767]],
    "int32": [[-(2**31), 2**31 - 1]],
    "int64": [[-(2**63), 2**63 - 1], [2**53 + 1, 0]],
    "float16": [[0.5, -65504.0]],
    "float32": [[0.1, -3.4028234663852886e38]],
    "float64": [[0.1, 1.7976931348623157e308]],
}
TEXTS = ["abc", "", "ü€𝄞", "a\x00b\n\""]


def client(url, **options):
    return triton.InferenceServerClient(host(url), **options)


def tensor(name, array, binary=True, datatype=None):
    made = triton.InferInput(name, list(array.shape), datatype or np_to_triton_dtype(array.dtype))
    made.set_data_from_numpy(array, binary_data=binary)
    return made


def identity(url, array, binary_in, binary_out, datatype=None, **options):
    asked = [triton.InferRequestedOutput("OUTPUT0", binary_data=binary_out)]
    with client(url) as server:
        result = server.infer("identity", [tensor("INPUT0", array, binary_in, datatype)], outputs=asked, **options)
    told = result.get_output("OUTPUT0")
    got = result.as_numpy("OUTPUT0")
    return [told["datatype"], told["shape"], str(got.dtype), [to_python(v) for v in got.flatten()]]


def to_python(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return float(value) if isinstance(value, ml_dtypes.bfloat16) else value.item() if hasattr(value, "item") else value


def wanted(array):
    datatype = np_to_triton_dtype(array.dtype)
    dtype = "object" if datatype == "BYTES" else str(array.dtype)
    return [datatype, list(array.shape), dtype, [to_python(v) for v in array.flatten()]]


def every_datatype():
    arrays = {name: np.array(values, dtype=name) for name, values in EDGES.items()}
    arrays["bytes"] = np.array([text.encode() for text in TEXTS], dtype=np.object_)
    for name, array in arrays.items():
        json_only = lambda url, array=array: identity(url, array, False, False)
        case(f"infer JSON, {name}", wanted(array))(json_only)
        for binary_in, binary_out in ((True, True), (True, False), (False, True)):
            form = f"{'binary' if binary_in else 'JSON'} in, {'binary' if binary_out else 'JSON'} out"
            why = NO_BINARY if binary_in else None
            run = lambda url, array=array, i=binary_in, o=binary_out: identity(url, array, i, o)
            case(f"infer {form}, {name}", wanted(array), why)(run)


every_datatype()
HALVES = np.array([[0.5, -1.0, 3e38]], dtype=ml_dtypes.bfloat16)
INVALID = np.array([b"\xff\xfe", b"ok"], dtype=np.object_)
EMPTY = np.zeros((0, 4), dtype=np.float32)
SPECIAL = np.array([np.nan, 1.0], dtype=np.float32)


@case("infer binary, BF16", ["BF16", [1, 3], "bfloat16", [0.5, -1.0, float(HALVES[0, 2])]], NO_BINARY)
def bf16(url):
    return identity(url, HALVES, True, True, "BF16")


@case("infer binary, BYTES that are no text", ["BYTES", [2], "object", ["\\xff\\xfe", "ok"]], NO_BINARY)
def no_text(url):
    return identity(url, INVALID, True, True)


@case("infer BYTES that are no text, asked for as JSON", "error 406", NO_BINARY)
def no_text_as_json(url):
    return identity(url, INVALID, True, False)


@case("infer JSON, no rows", ["FP32", [0, 4], "float32", []])
def empty_json(url):
    return identity(url, EMPTY, False, False)


@case("infer binary, no rows", ["FP32", [0, 4], "float32", []], NO_BINARY)
def empty_binary(url):
    return identity(url, EMPTY, True, True)


@case("infer JSON, NaN as the client writes it", ["FP32", [2], "float32", ["NaN", 1.0]], "MLServer's JSON has no NaN: 422")
def nan_json(url):
    return identity(url, SPECIAL, False, False)


@case("infer JSON, infinity in the reply", "error 406", "JSON has no infinity: refused here, and the request 422 there")
def infinity_json(url):
    return identity(url, np.array([np.inf], dtype=np.float32), False, False)


@case("infer binary, NaN and infinities", ["FP32", [3], "float32", ["NaN", "inf", "-inf"]], NO_BINARY)
def special_binary(url):
    kind, shape, dtype, values = identity(url, np.array([np.nan, np.inf, -np.inf], dtype=np.float32), True, True)
    return [kind, shape, dtype, [str(v).replace("nan", "NaN") for v in values]]


@case("infer, 4 MB binary", [True, 1048576], NO_BINARY)
def large(url):
    array = np.arange(1048576, dtype=np.float32)
    with client(url) as server:
        got = server.infer("identity", [tensor("INPUT0", array)]).as_numpy("OUTPUT0")
    return [bool((got == array).all()), got.size]


def packings():
    array = np.arange(1000, dtype=np.int32)
    for request in (None, "gzip", "deflate"):
        for reply in (None, "gzip", "deflate"):
            if request is None and reply is None:
                continue
            for binary in (True, False):
                run = lambda url, q=request, r=reply, b=binary: packed(url, array, b, q, r)
                why = NO_BINARY if binary else "MLServer unpacks gzip alone" if request == "deflate" else None
                form = "binary" if binary else "JSON"
                case(f"compression, {form}, request {request}, reply {reply}", True, why)(run)


def packed(url, array, binary, request, reply):
    asked = [triton.InferRequestedOutput("OUTPUT0", binary_data=binary)]
    with client(url) as server:
        got = server.infer(
            "identity",
            [tensor("INPUT0", array, binary)],
            outputs=asked,
            request_compression_algorithm=request,
            response_compression_algorithm=reply,
        ).as_numpy("OUTPUT0")
    return bool((got == array).all())


packings()
A, B = np.array([5, 7], dtype=np.float32), np.array([2, 10], dtype=np.float32)


def add_sub(url, names, binary=False, inputs=("INPUT0", "INPUT1"), **options):
    outputs = None if names is None else [triton.InferRequestedOutput(name, binary_data=binary) for name in names]
    given = [tensor(name, array, binary) for name, array in zip(inputs, (A, B))]
    with client(url) as server:
        result = server.infer("add_sub", given, outputs=outputs, **options)
    return [[output["name"], list(result.as_numpy(output["name"]))] for output in result.get_response()["outputs"]]


@case("two inputs, two outputs", [["OUTPUT0", [7.0, 17.0]], ["OUTPUT1", [3.0, -3.0]]])
def both(url):
    return add_sub(url, ["OUTPUT0", "OUTPUT1"])


@case("one requested output", [["OUTPUT1", [3.0, -3.0]]])
def one(url):
    return add_sub(url, ["OUTPUT1"])


@case("requested outputs in another order", [["OUTPUT1", [3.0, -3.0]], ["OUTPUT0", [7.0, 17.0]]])
def turned(url):
    return add_sub(url, ["OUTPUT1", "OUTPUT0"])


@case("inputs in another order", [["OUTPUT1", [-3.0, 3.0]]])
def inputs_turned(url):
    return add_sub(url, ["OUTPUT1"], inputs=("INPUT1", "INPUT0"))


@case("no outputs requested: all, binary where they can be", [["OUTPUT0", [7.0, 17.0]], ["OUTPUT1", [3.0, -3.0]]])
def unasked(url):
    return add_sub(url, None)


@case("some outputs binary, some JSON", [[7.0, 17.0], [3.0, -3.0], True, True], NO_BINARY)
def mixed(url):
    outputs = [triton.InferRequestedOutput("OUTPUT0", binary_data=True), triton.InferRequestedOutput("OUTPUT1", binary_data=False)]
    with client(url) as server:
        result = server.infer("add_sub", [tensor("INPUT0", A, True), tensor("INPUT1", B, False)], outputs=outputs)
    told = {output["name"]: output for output in result.get_response()["outputs"]}
    return [
        result.as_numpy("OUTPUT0"),
        result.as_numpy("OUTPUT1"),
        "data" not in told["OUTPUT0"],
        "data" in told["OUTPUT1"],
    ]


@case("an output that the model has not", "error 400")
def unknown_output(url):
    return add_sub(url, ["OUTPUT7"])


@case("an input that the model has not", "error 400")
def unknown_input(url):
    return add_sub(url, ["OUTPUT0"], inputs=("INPUT0", "OTHER"))


@case("a model that there is not", "error 404")
def unknown_model(url):
    with client(url) as server:
        return server.infer("none", [tensor("INPUT0", A, False)]).get_response()


@case("a version", "v2", "the model has no versions there")
def version(url):
    with client(url) as server:
        return server.infer("identity", [tensor("INPUT0", A, False)], model_version="v2").get_response()["model_version"]


@case("a version that there is not", "error 404")
def unknown_version(url):
    with client(url) as server:
        return server.infer("identity", [tensor("INPUT0", A, False)], model_version="v9").get_response()


@case("a model that fails", "error 500")
def failing(url):
    with client(url) as server:
        return server.infer("failing", [tensor("INPUT0", A, False)]).get_response()


@case("the request's id", "my id ü")
def request_id(url):
    outputs = [triton.InferRequestedOutput("OUTPUT0", binary_data=False)]
    with client(url) as server:
        return server.infer("identity", [tensor("INPUT0", A, False)], outputs=outputs, request_id="my id ü").get_response()["id"]


@case("an id where the request has none", True)
def made_id(url):
    with client(url) as server:
        return server.infer("identity", [tensor("INPUT0", A, False)]).get_response()["id"] != ""


@case("parameters", ['a=1', 'b="text"', 'c=true', 'd=0.5', 'priority=2', 'timeout=1000'])
def parameters(url):
    outputs = [triton.InferRequestedOutput("told", binary_data=False)]
    with client(url) as server:
        given = {"a": 1, "b": "text", "c": True, "d": 0.5}
        result = server.infer("parameters", [tensor("INPUT0", A, False)], outputs=outputs, parameters=given, priority=2, timeout=1000)
    return list(result.as_numpy("told"))


@case("sequence parameters", ["sequence_end=false", 'sequence_id="s"', "sequence_start=true"])
def sequence(url):
    outputs = [triton.InferRequestedOutput("told", binary_data=False)]
    with client(url) as server:
        result = server.infer("parameters", [tensor("INPUT0", A, False)], outputs=outputs, sequence_id="s", sequence_start=True)
    return list(result.as_numpy("told"))


@case("classification, which is not there", "error 400", "MLServer takes no notice of it: all values come")
def classification(url):
    outputs = [triton.InferRequestedOutput("OUTPUT0", binary_data=False, class_count=1)]
    with client(url) as server:
        return server.infer("identity", [tensor("INPUT0", A, False)], outputs=outputs).get_response()


@case("shared memory, which is not there", "error 400", STATUS)
def shared_memory(url):
    given = triton.InferInput("INPUT0", [2], "FP32")
    given.set_shared_memory("region", 8)
    with client(url) as server:
        return server.infer("identity", [given]).get_response()


@case("async_infer, 20 at a time", list(range(20)))
def async_infer(url):
    outputs = [triton.InferRequestedOutput("OUTPUT0", binary_data=False)]
    with client(url, concurrency=8) as server:
        asked = [
            server.async_infer("identity", [tensor("INPUT0", np.array([n], dtype=np.int32), False)], outputs=outputs)
            for n in range(20)
        ]
        return [int(one.get_result().as_numpy("OUTPUT0")[0]) for one in asked]


@case("asyncio, 20 at a time", list(range(20)), NO_BINARY)
def asyncio_infer(url):
    async def ask():
        async with triton_aio.InferenceServerClient(host(url)) as server:
            asked = [server.infer("identity", [tensor("INPUT0", np.array([n], dtype=np.int32))]) for n in range(20)]
            return [int(result.as_numpy("OUTPUT0")[0]) for result in await asyncio.gather(*asked)]

    return asyncio.run(ask())


@case("asyncio with compression", True, NO_BINARY)
def asyncio_packed(url):
    async def ask():
        array = np.arange(1000, dtype=np.int32)
        async with triton_aio.InferenceServerClient(host(url)) as server:
            result = await server.infer(
                "identity",
                [tensor("INPUT0", array)],
                request_compression_algorithm="gzip",
                response_compression_algorithm="deflate",
            )
            return bool((result.as_numpy("OUTPUT0") == array).all())

    return asyncio.run(ask())


ROWS = np.array([[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]], dtype=np.float32)


@case("iris: labels of an ONNX file", [0, 2])
def iris(url):
    outputs = [triton.InferRequestedOutput("label", binary_data=False)]
    with client(url) as server:
        return server.infer("iris", [tensor("X", ROWS, False)], outputs=outputs).as_numpy("label").flatten()


@case("iris: probabilities of an ONNX file, 200 rows", [[200, 3], True])
def iris_probabilities(url):
    outputs = [triton.InferRequestedOutput("probabilities", binary_data=False)]
    with client(url) as server:
        got = server.infer("iris", [tensor("X", np.tile(ROWS, (100, 1)), False)], outputs=outputs).as_numpy("probabilities")
    return [list(got.shape), bool(np.allclose(got.sum(axis=1), 1, atol=1e-6))]


@case("iris: a row too short", "error 400", "MLServer's runtime here is onnxruntime, whose refusal is an error of the server there")
def iris_short(url):
    outputs = [triton.InferRequestedOutput("label", binary_data=False)]
    with client(url) as server:
        return server.infer("iris", [tensor("X", ROWS[:, :3].copy(), False)], outputs=outputs).get_response()


@case("is_server_live, is_server_ready, is_model_ready", [True, True, True, False])
def health(url):
    with client(url) as server:
        return [
            server.is_server_live(),
            server.is_server_ready(),
            server.is_model_ready("identity"),
            server.is_model_ready("none"),
        ]


@case("get_server_metadata", ["extensions", "name", "version"])
def server_metadata(url):
    with client(url) as server:
        return sorted(server.get_server_metadata())


@case("get_server_metadata, the binary extension", True, NO_BINARY)
def binary_extension(url):
    with client(url) as server:
        return "binary_tensor_data" in server.get_server_metadata()["extensions"]


@case("is_model_ready and get_model_metadata of a version", [True, False, ["v2"]], "the model has no versions there")
def version_told(url):
    with client(url) as server:
        ready = [server.is_model_ready("identity", version) for version in ("v2", "v9")]
        return [*ready, server.get_model_metadata("identity", "v2")["versions"]]


@case("query parameters, which are nobody's", [7.0, 17.0])
def query(url):
    outputs = [triton.InferRequestedOutput("OUTPUT0", binary_data=False)]
    given = [tensor("INPUT0", A, False), tensor("INPUT1", B, False)]
    with client(url) as server:
        return server.infer("add_sub", given, outputs=outputs, query_params={"a": [1, 2], "b": "/../x"}).as_numpy("OUTPUT0")


@case("generate_request_body and parse_response_body, sent by another library", [[7.0, 17.0], [3.0, -3.0]], NO_BINARY)
def bodies(url):
    given = [tensor("INPUT0", A), tensor("INPUT1", B)]
    body, length = triton.InferenceServerClient.generate_request_body(given)
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(length)}
    status, told, data = raw(url, "/v2/models/add_sub/infer", "POST", body, headers)
    result = triton.InferenceServerClient.parse_response_body(data, header_length=int(told["inference-header-content-length"]))
    return [result.as_numpy("OUTPUT0"), result.as_numpy("OUTPUT1")]


@case("the asyncio client's other questions", [True, True, True, "levada", "iris", 1, True, [], True], NO_BINARY)
def asyncio_rest(url):
    async def ask():
        async with triton_aio.InferenceServerClient(host(url)) as server:
            return [
                await server.is_server_live(),
                await server.is_server_ready(),
                await server.is_model_ready("iris"),
                (await server.get_server_metadata())["name"],
                (await server.get_model_config("iris"))["name"],
                len((await server.get_inference_statistics("iris"))["model_stats"]),
                len(await server.get_model_repository_index()) >= 8,
                (await server.unload_model("length")) or [],
                (await server.load_model("length")) is None,
            ]

    return asyncio.run(ask())


TOLD = [["INPUT0", "FP32", [-1]], ["INPUT1", "FP32", [-1]], ["OUTPUT0", "FP32", [-1]], ["OUTPUT1", "FP32", [-1]]]


@case("get_model_metadata", ["add_sub", True, TOLD])
def model_metadata(url):
    with client(url) as server:
        told = server.get_model_metadata("add_sub")
    tensors = [[each["name"], each["datatype"], each["shape"]] for each in told["inputs"] + told["outputs"]]
    return [told["name"], isinstance(told["platform"], str), tensors]


@case("get_model_metadata of an ONNX file", [["X", "FP32", [-1, 4]]], "MLServer tells what its settings say, and they say nothing")
def onnx_metadata(url):
    with client(url) as server:
        return [[each["name"], each["datatype"], each["shape"]] for each in server.get_model_metadata("iris").get("inputs", [])]


@case("get_model_metadata of no model", "error 404")
def no_metadata(url):
    with client(url) as server:
        return server.get_model_metadata("none")


@case("get_model_config", ["iris", 0, ["TYPE_FP32", [-1, 4]]], "MLServer has no configuration extension")
def config(url):
    with client(url) as server:
        told = server.get_model_config("iris")
    return [told["name"], told["max_batch_size"], [told["input"][0]["data_type"], told["input"][0]["dims"]]]


@case("get_inference_statistics", [["sum", 1, 1]], "MLServer has no statistics extension")
def statistics(url):
    with client(url) as server:
        server.infer("sum", [tensor("INPUT0", ROWS, False)])
        try:
            server.infer("sum", [tensor("INPUT0", A, False)])  # a row that is no list
        except Exception:
            pass
        told = server.get_inference_statistics("sum")["model_stats"]
    return [[each["name"], each["inference_stats"]["success"]["count"], each["inference_stats"]["fail"]["count"]] for each in told]


@case("get_inference_statistics of all models", True, "MLServer has no statistics extension")
def all_statistics(url):
    with client(url) as server:
        return len(server.get_inference_statistics()["model_stats"]) >= 8


@case("get_model_repository_index", [["failing", "READY"], ["length", "READY"], ["sum", "READY"]], "MLServer asks for a body, and the client sends none")
def index(url):
    with client(url) as server:
        told = server.get_model_repository_index()
    return sorted([each["name"], each["state"]] for each in told if each["name"] in ("sum", "length", "failing"))


@case("unload_model, load_model", [False, "error", True])
def repository(url):
    with client(url) as server:
        server.unload_model("length")
        ready = server.is_model_ready("length")
        text = tensor("text", np.array([b"abc"], dtype=np.object_), False)
        try:
            server.infer("length", [text])
            asked = "answered"
        except Exception:
            asked = "error"
        server.load_model("length")
        return [ready, asked, server.is_model_ready("length")]


@case("load_model of no model", "error 404")
def load_none(url):
    with client(url) as server:
        server.load_model("none")


@case("load_model with a configuration of the caller's", "error 400", "MLServer takes no notice of it")
def load_config(url):
    with client(url) as server:
        server.load_model("length", config="{}")


@case("load_model with a file of the caller's", "error 400", "MLServer takes no notice of it")
def load_file(url):
    with client(url) as server:
        server.load_model("length", config="{}", files={"file:1/model.onnx": b"x"})


main()
