"""kserve's gRPC client, which speaks in typed contents or raw ones."""

import asyncio

import grpc
import harness
import numpy as np
from harness import check, same
from kserve import InferenceGRPCClient, InferInput, InferRequest

VALUES = np.array([[1.5, 2.5]], np.float32)


def ask(act):
    async def asked():
        client = InferenceGRPCClient(harness.MODELS, retries=2)
        try:
            return await act(client)
        finally:
            await client.close()

    return asyncio.run(asked())


def request(name, values, is_raw, datatype):
    made = InferInput("x", list(values.shape), datatype)
    made.set_data_from_numpy(values, binary_data=is_raw)
    return InferRequest(name, [made], request_id="k1")


@check
def kserve_asks_whether_all_is_ready():
    same(ask(lambda client: client.is_server_live()), True)
    same(ask(lambda client: client.is_server_ready()), True)
    same(ask(lambda client: client.is_model_ready("echo")), True)


@check
def kserve_infers_in_both_forms():
    for is_raw in (True, False):
        reply = ask(lambda client: client.infer(request("echo", VALUES, is_raw, "FP32")))
        same((reply.id, reply.model_name), ("k1", "echo"))
        same(reply.outputs[0].as_numpy().tolist(), VALUES.tolist())


@check
def kserve_infers_text_and_rows():
    texts = np.array([b"a", "ü".encode()], np.object_)
    reply = ask(lambda client: client.infer(request("echo", texts, True, "BYTES")))
    same([bytes(text) for text in reply.outputs[0].as_numpy()], texts.tolist())
    reply = ask(lambda client: client.infer(request("sum", VALUES, False, "FP32")))
    same(reply.outputs[0].as_numpy().tolist(), [4.0])


@check
def kserve_is_told_what_went_wrong():
    try:
        ask(lambda client: client.infer(request("nobody", VALUES, True, "FP32")))
    except grpc.RpcError as error:
        same(error.code(), grpc.StatusCode.NOT_FOUND)
    else:
        raise AssertionError("nothing was refused")


harness.main()
