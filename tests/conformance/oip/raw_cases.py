"""Requests written from the public specification, and broken, huge and hostile ones, by Python's own http.client."""

import gzip
import json
import struct

from harness import NO_BINARY, STATUS, case, main, raw

INFER = "/v2/models/identity/infer"
X = {"name": "INPUT0", "shape": [2, 2], "datatype": "UINT32", "data": [1, 2, 3, 4]}
KEPT = "what comes is not checked against itself there"


def post(url, body, path=INFER, headers=None):
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    data = data.encode() if isinstance(data, str) else data
    return raw(url, path, "POST", data, {"content-type": "application/json", **(headers or {})})


def outputs(url, body, **options):
    status, _, text = post(url, body, **options)
    if status != 200:
        return f"error {status}"
    return [[each["name"], each["datatype"], each["shape"], each["data"]] for each in json.loads(text)["outputs"]]


def changed(**fields):
    return {"inputs": [{**X, **fields}]}


def status_of(url, body, **options):
    """Whose body says why, in the specification's form."""
    status, _, text = post(url, body, **options)
    if status < 400:
        return status
    try:
        return [status, isinstance(json.loads(text)["error"], str)]
    except Exception:
        return [status, False]


def refused(name, body, why, wanted=400, **options):
    case(name, [wanted, True], why)(lambda url: status_of(url, body, **options))


FLAT = [["OUTPUT0", "UINT32", [2, 2], [1, 2, 3, 4]]]
case("the specification's example: data flat", FLAT)(lambda url: outputs(url, {"id": "42", "inputs": [X]}))
NESTED = "MLServer hands data on as it came, nested or flat"
case("data nested", FLAT, NESTED)(lambda url: outputs(url, changed(data=[[1, 2], [3, 4]])))
case("a tensor without dimensions", [["OUTPUT0", "UINT32", [], [7]]])(lambda url: outputs(url, changed(shape=[], data=[7])))
case("three dimensions", [["OUTPUT0", "INT8", [1, 2, 2], [1, 2, 3, 4]]], NESTED)(
    lambda url: outputs(url, changed(shape=[1, 2, 2], datatype="INT8", data=[[[1, 2], [3, 4]]]))
)


@case("integers beyond 2^53, sent and received as text", '[9007199254740993,-9223372036854775808]')
def wide(url):
    status, _, text = post(url, '{"inputs":[{"name":"INPUT0","shape":[2],"datatype":"INT64","data":[9007199254740993,-9223372036854775808]}]}')
    found = text.decode().split('"data":')[1]
    return found[: found.index("]") + 1].replace(" ", "")


@case("the reply's fields", ["id", "model_name", "outputs"])
def fields(url):
    told = json.loads(post(url, {"id": "42", "inputs": [X]})[2])
    return sorted(name for name, value in told.items() if value is not None and value != {})


@case("the reply's content type", "application/json")
def content_type(url):
    return post(url, {"inputs": [X]})[1]["content-type"]


@case("live and ready", [200, 200, 200])
def health(url):
    return [raw(url, path, "GET")[0] for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/identity/ready")]


@case("a binary request and reply by hand", [200, [["OUTPUT0", "UINT32", [2, 2], 16], ["B", "BOOL", [3], 3]], "01000000020000000300000004000000" + "010001"], NO_BINARY)
def binary(url):
    head = {
        "inputs": [
            {"name": "INPUT0", "shape": [2, 2], "datatype": "UINT32", "parameters": {"binary_data_size": 16}},
            {"name": "B", "shape": [3], "datatype": "BOOL", "parameters": {"binary_data_size": 3}},
        ],
        "parameters": {"binary_data_output": True},
    }
    data = struct.pack("<4I", 1, 2, 3, 4) + bytes([1, 0, 1])
    status, headers, body = with_bytes(url, head, data)
    length = int(headers["inference-header-content-length"])
    told = [[o["name"], o["datatype"], o["shape"], o["parameters"]["binary_data_size"]] for o in json.loads(body[:length])["outputs"]]
    return [status, told, body[length:].hex()]


def with_bytes(url, head, data, length=None, path=INFER):
    text = json.dumps(head).encode()
    headers = {"inference-header-content-length": str(len(text)) if length is None else length, "content-type": "application/octet-stream"}
    return raw(url, path, "POST", text + data, headers)


@case("a binary request in pieces, without a content length", [200, "0100000002000000"], NO_BINARY)
def chunked(url):
    head = json.dumps({
        "inputs": [{"name": "INPUT0", "shape": [2], "datatype": "UINT32", "parameters": {"binary_data_size": 8}}],
        "outputs": [{"name": "OUTPUT0", "parameters": {"binary_data": True}}],
    }).encode()
    pieces = iter([head[:10], head[10:] + struct.pack("<I", 1), struct.pack("<I", 2)])
    status, told, body = raw(url, INFER, "POST", pieces, {"inference-header-content-length": str(len(head))})
    return [status, body[int(told["inference-header-content-length"]):].hex()]


@case("a raw request: the whole body is the model's one input", [200, 11], NO_BINARY)
def whole(url):
    headers = {"inference-header-content-length": "0", "content-type": "application/octet-stream"}
    status, told, body = raw(url, "/v2/models/length/infer", "POST", b"hello world", headers)
    length = int(told["inference-header-content-length"])
    return [status, struct.unpack("<i", body[length:])[0]]


def refused_bytes(name, size, data, length=None, shape=(4,), datatype="UINT32"):
    head = {"inputs": [{"name": "INPUT0", "shape": shape, "datatype": datatype, "parameters": {"binary_data_size": size}}]}

    def run(url):
        status, _, body = with_bytes(url, head, data, length)
        return [status, isinstance(json.loads(body).get("error"), str)]

    case(f"binary: {name}", [400, True], NO_BINARY)(run)


SIXTEEN = bytes(16)
refused_bytes("a size beyond the end", 17, SIXTEEN)
refused_bytes("a size of terabytes", 2**45, SIXTEEN)
refused_bytes("a negative size", -1, SIXTEEN)
refused_bytes("a size that is text", "16", SIXTEEN)
refused_bytes("a size that the shape does not need", 12, bytes(12))
refused_bytes("bytes that belong to nothing", 16, bytes(20))
refused_bytes("a header length beyond the end", 16, SIXTEEN, length="100000")
refused_bytes("a header length that is no number", 16, SIXTEEN, length="abc")
refused_bytes("a header length that cuts the JSON", 16, SIXTEEN, length="20")
refused_bytes("BYTES whose length is 4 GB", 8, b"\xff\xff\xff\xff" + bytes(4), shape=(1,), datatype="BYTES")
refused_bytes("BYTES with fewer values than the shape says", 4, bytes(4), shape=(2,), datatype="BYTES")
refused_bytes("a shape of 10^18 values", 16, SIXTEEN, shape=(10**9, 10**9))

refused("no JSON", "{", STATUS)
refused("no UTF-8", b'{"inputs": "\xff"}', STATUS)
refused("JSON 100,000 levels deep", '{"inputs":' + "[" * 100_000 + "]" * 100_000 + "}", STATUS)
refused("data 100 levels deep", changed(data=json.loads("[" * 100 + "1" + "]" * 100)), KEPT)
refused("fewer values than the shape says", changed(data=[1, 2, 3]), KEPT)
refused("more values than the shape says", changed(data=[1, 2, 3, 4, 5]), KEPT)
refused("ragged lists", changed(data=[[1, 2], [3]]), KEPT)
refused("a shape whose product overflows", changed(shape=[2**40, 2**40]), KEPT)
refused("a shape of 10^12 values", changed(shape=[10**6, 10**6]), KEPT)
refused("an empty tensor of 10^9 lists", changed(shape=[10**9, 0], data=[]), KEPT)
refused("a negative size in the shape", changed(shape=[-2, -2]), KEPT)
refused("a shape that is no list", changed(shape=4), STATUS)
refused("a datatype that there is not", changed(datatype="FLOAT"), STATUS)
refused("a value of another datatype", changed(data=[1, 2, 3, "x"]), KEPT)
refused("a value out of range", changed(data=[1, 2, 3, -1]), KEPT)
refused("a fraction for an integer", changed(data=[1, 2, 3, 0.5]), KEPT)
refused("null for an integer", changed(data=[1, 2, 3, None]), KEPT)
refused("a number for BOOL", changed(datatype="BOOL", data=[1, 0, 1, 2]), KEPT)
refused("a number for BYTES", changed(datatype="BYTES", data=["a", "b", "c", 4]), KEPT)
refused("no data", {"inputs": [{"name": "INPUT0", "shape": [1], "datatype": "UINT32"}]}, STATUS)
refused("two inputs of one name", {"inputs": [X, X]}, KEPT)
refused("an id that is no text", {"id": [1], "inputs": [X]}, STATUS)
refused("parameters that are a list", {"parameters": [], "inputs": [X]}, STATUS)
refused("inputs that are text", {"inputs": "x"}, STATUS)
refused("a body that is a list", [1, 2], STATUS)
refused("no body", b"", STATUS)
refused("a body said to be packed that is not", {"inputs": [X]}, "the error there is no JSON", headers={"content-encoding": "gzip"})
refused("a coding that there is not", {"inputs": [X]}, "MLServer takes no notice of it", wanted=415, headers={"content-encoding": "zstd"})
BOMB = gzip.compress(bytes(2**28), 9)
refused("a bomb: 256 MB in 260 KB", BOMB, "MLServer unpacks all of it", wanted=413, headers={"content-encoding": "gzip"})


@case("__proto__ in the body, the input and the parameters", FLAT)
def proto(url):
    return outputs(
        url,
        '{"__proto__":{"evil":1},"constructor":{"prototype":{"evil":1}},"parameters":{"__proto__":{"evil":1}},"inputs":[{"__proto__":{"data":[9]},'
        '"name":"INPUT0","shape":[2,2],"datatype":"UINT32","data":[1,2,3,4]}]}',
    )


@case("a tensor that is called __proto__", [["__proto__", "UINT32", [1], [7]]])
def proto_name(url):
    return outputs(url, {"inputs": [{"name": "__proto__", "shape": [1], "datatype": "UINT32", "data": [7]}]})


@case("a body with curl's content type", FLAT, "FastAPI takes JSON by its type alone")
def curl(url):
    return outputs(url, {"inputs": [X]}, headers={"content-type": "application/x-www-form-urlencoded"})


@case("a model's name from another folder", 404)
def traversal(url):
    return raw(url, "/v2/models/..%2F..%2Fetc%2Fpasswd/infer", "POST", json.dumps({"inputs": [X]}).encode(), {"content-type": "application/json"})[0]


@case("names that objects have by themselves", [404] * 9)
def own_names(url):
    found = []
    for name in ("__proto__", "constructor", "toString"):
        headers = {"content-type": "application/json"}
        found.append(raw(url, f"/v2/models/{name}/infer", "POST", json.dumps({"inputs": [X]}).encode(), headers)[0])
        found.append(raw(url, f"/v2/models/{name}", "GET")[0])
        found.append(raw(url, f"/v2/repository/models/{name}/unload", "POST", b"{}", headers)[0])
    return found


@case("MLRun's dialect at the same address", [10.5, 20.5], "MLServer does not know MLRun's dialect")
def mlrun(url):
    status, _, text = post(url, {"inputs": [[1, 9], [2, 18]]}, path="/v2/models/sum/infer")
    return json.loads(text)["outputs"] if status == 200 else f"error {status}"


@case("rows of a model that knows no tensors", [["output", "FP64", [2], [10.5, 20.5]]])
def rows(url):
    body = {"inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1, 9, 2, 18]}]}
    return outputs(url, body, path="/v2/models/sum/infer")


@case("the repository's index, for models that are ready", True)
def index(url):
    status, _, text = post(url, {"ready": True}, path="/v2/repository/index")
    return status == 200 and {"name", "state"} <= set(json.loads(text)[0])


@case("the server answers on after all this", FLAT)
def alive(url):
    return outputs(url, {"inputs": [X]})


main()
