"""KServe's client of the REST protocol, unchanged."""

import asyncio

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferOutput, InferRequest
from kserve.inference_client import RESTConfig
from kserve.protocol.infer_type import RequestedOutput

from harness import NO_BINARY, case, main


def ask(url, use):
    async def run():
        client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
        try:
            return await use(client)
        finally:
            await client.close()

    return asyncio.run(run())


def infer(url, array, datatype, binary, **options):
    given = InferInput("INPUT0", list(array.shape), datatype)
    given.set_data_from_numpy(array, binary_data=binary)
    request = InferRequest(model_name="identity", infer_inputs=[given], request_id="k1", **options)
    reply = ask(url, lambda client: client.infer(url, request, model_name="identity"))
    output = reply.outputs[0]
    return [reply.id, reply.model_name, output.name, output.datatype, output.shape, output.as_numpy().flatten()]


@case("kserve: is_server_live, is_server_ready", [True, True], "MLServer answers without a body, which the client reads")
def health(url):
    return [ask(url, lambda c: c.is_server_live(url)), ask(url, lambda c: c.is_server_ready(url))]


@case("kserve: is_model_ready", [True, False])
def model_ready(url):
    return [ask(url, lambda c: c.is_model_ready(url, name)) for name in ("identity", "none")]


def every_datatype():
    edges = {
        "BOOL": np.array([[True, False]]),
        "UINT8": np.array([[0, 255]], dtype=np.uint8),
        "INT64": np.array([[-(2**63), 2**63 - 1]], dtype=np.int64),
        "UINT64": np.array([[2**64 - 1, 0]], dtype=np.uint64),
        "FP32": np.array([[0.5, -1]], dtype=np.float32),
        "FP64": np.array([[0.1, 1e300]], dtype=np.float64),
    }
    for name, array in edges.items():
        wanted = ["k1", "identity", "OUTPUT0", name, [1, 2], array.flatten()]
        case(f"kserve: infer JSON, {name}", wanted)(lambda url, a=array, n=name: infer(url, a, n, False))
        case(f"kserve: infer binary, {name}", wanted, NO_BINARY)(lambda url, a=array, n=name: infer(url, a, n, True))


every_datatype()


@case("kserve: infer binary, FP16", ["k1", "identity", "OUTPUT0", "FP16", [2], [0.5, 2.0]], NO_BINARY)
def fp16(url):
    asked = [RequestedOutput("OUTPUT0", parameters={"binary_data": True})]
    return infer(url, np.array([0.5, 2], dtype=np.float16), "FP16", True, request_outputs=asked)


@case("kserve: infer binary, BYTES", ["k1", "identity", "OUTPUT0", "BYTES", [2], ["ab", "ü"]], NO_BINARY)
def texts(url):
    return infer(url, np.array([b"ab", "ü".encode()], dtype=np.object_), "BYTES", True)


@case("kserve: a model that there is not", "error 404")
def unknown(url):
    given = InferInput("INPUT0", [1], "FP32", [1.0])
    request = InferRequest(model_name="none", infer_inputs=[given])
    return ask(url, lambda client: client.infer(url, request, model_name="none")).outputs


@case("kserve: a model that fails", "error 500")
def failing(url):
    given = InferInput("INPUT0", [1], "FP32", [1.0])
    request = InferRequest(model_name="failing", infer_inputs=[given])
    return ask(url, lambda client: client.infer(url, request, model_name="failing")).outputs


main()
