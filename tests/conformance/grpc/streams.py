"""ModelStreamInfer: several requests over one stream, several replies to one, failures, slow and leaving readers."""

import queue

import grpc
import harness
import numpy as np
import tritonclient.grpc as triton
from harness import check, eventually, memory_mb, same, steady
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc

MODELS = triton.InferenceServerClient(harness.MODELS)
STUB = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(harness.STREAMING))
MEGABYTE = 1 << 20


def tensor(values):
    values = np.array(values, np.int32)
    made = triton.InferInput("n", list(values.shape), "INT32")
    made.set_data_from_numpy(values)
    return made


def counts():
    """How many wait, have left, how many chunks were made, how often they were stopped."""
    return MODELS.infer("counting", [tensor([1])]).as_numpy("output").tolist()


def stream(address, requests, **options):
    """What a stream answers to requests of `(model, values)`: replies and errors in their order."""
    got = queue.Queue()
    with triton.InferenceServerClient(address) as client:
        client.start_stream(lambda result, error: got.put(error if result is None else result), **options)
        for index, (model, values) in enumerate(requests):
            client.async_stream_infer(model, [tensor(values)], request_id=f"r{index}", enable_empty_final_response=True)
        client.stop_stream()
    return list(got.queue)


def told(result):
    reply = result.get_response()
    values = result.as_numpy("output")
    return reply.id, None if values is None else values.tolist(), reply.parameters["triton_final_response"].bool_param


def request(count, size=4, model="repeat"):
    made = pb.ModelInferRequest(model_name=model)
    made.inputs.add(name="n", datatype="INT32", shape=[2])
    made.raw_input_contents.append(np.array([count, size], np.int32).tobytes())
    return made


@check
def requests_are_answered_in_their_order():
    got = stream(harness.MODELS, [("sum", [[n, 1]]) for n in range(200)])
    same([told(result) for result in got], [(f"r{n}", [n + 1], True) for n in range(200)])


@check
def one_request_has_several_replies():
    got = stream(harness.STREAMING, [("repeat", [3]), ("repeat", [0]), ("repeat", [1])])
    same([told(result) for result in got], [
        ("r0", [0], False), ("r0", [1], False), ("r0", [2], False), ("r0", None, True), ("r1", None, True), ("r2", [0], False), ("r2", None, True),
    ])


@check
def a_model_of_a_router_streams():
    got = stream(harness.MODELS, [("below", [2]), ("sum", [[1, 2]])])
    same([told(result) for result in got], [("r0", [0], False), ("r0", [1], False), ("r0", None, True), ("r1", [3], True)])
    same(got[1].as_numpy("square").tolist(), [1])
    stopped = counts()[3]
    call = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(harness.MODELS)).ModelStreamInfer(iter([request(2**31 - 1, model="below")]))
    next(call)
    call.cancel()
    eventually(lambda: counts()[3], stopped + 1)


@check
def the_empty_last_reply_comes_only_where_it_is_asked_for():
    same([len(reply.infer_response.outputs) for reply in STUB.ModelStreamInfer(iter([request(2)]))], [1, 1])


@check
def failures_are_told_in_the_stream_which_goes_on():
    got = stream(harness.STREAMING, [("repeat", [13]), ("repeat", [1])])
    same([type(result).__name__ for result in got], ["InferResult", "InferResult", "InferenceServerException", "InferResult", "InferResult"])
    same(got[2].message(), "thirteen breaks")
    got = stream(harness.MODELS, [("nobody", [1]), ("failing", [1]), ("sum", [[1, 2]])])
    assert "nobody" in got[0].message() and got[1].message() == "it broke", got
    same(told(got[2]), ("r2", [3], True))


@check
def what_cannot_be_read_is_told_in_the_stream():
    broken = request(1)
    broken.inputs[0].shape[0] = 7
    replies = list(STUB.ModelStreamInfer(iter([broken, request(1)])))
    assert '"n"' in replies[0].error_message, replies[0]
    same(len(replies), 2)


@check
def triton_grpc_error_ends_the_stream_by_a_status():
    got = stream(harness.MODELS, [("failing", [404]), ("sum", [[1]])], headers={"triton_grpc_error": "true"})
    same([result.status() for result in got], ["StatusCode.NOT_FOUND"])


@check
def a_streaming_model_cannot_be_asked_by_one_call():
    try:
        STUB.ModelInfer(request(3))
    except grpc.RpcError as error:
        same(error.code(), grpc.StatusCode.UNIMPLEMENTED)
        assert "ModelStreamInfer" in error.details()
    else:
        raise AssertionError("nothing was refused")


@check
def a_slow_reader_stops_the_generator_and_fills_no_memory():
    before, memory = counts(), memory_mb()
    call = STUB.ModelStreamInfer(iter([request(100_000, MEGABYTE)]))
    for _ in range(3):
        next(call)
    made = steady(lambda: counts()[2]) - before[2]
    assert 3 <= made <= 40, f"{made} chunks of a megabyte were made for a reader that took 3"
    assert memory_mb() - memory < 200, f"{memory_mb() - memory} MB more"
    stopped = counts()[3]
    call.cancel()
    eventually(lambda: counts()[3], stopped + 1)
    same(steady(lambda: counts()[2]) - before[2] <= made + 40, True)


@check
def a_fast_sender_is_held_up_by_a_slow_model():
    sent, memory = [0], memory_mb()
    def requests():
        for _ in range(200):
            made = pb.ModelInferRequest(model_name="waiting")
            made.inputs.add(name="n", datatype="UINT8", shape=[4 * MEGABYTE])
            made.raw_input_contents.append(bytes(4 * MEGABYTE))
            sent[0] += 1
            yield made
    stub = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(harness.MODELS))
    before = counts()
    call = stub.ModelStreamInfer(requests())
    same(steady(lambda: sent[0]) <= 8, True)
    assert memory_mb() - memory < 200, f"{memory_mb() - memory} MB more"
    call.cancel()
    eventually(lambda: counts()[:2], [before[0], before[1] + 1])


@check
def cancelling_a_stream_reaches_the_model():
    waiting, left = counts()[:2]
    with triton.InferenceServerClient(harness.MODELS) as client:
        errors = queue.Queue()
        client.start_stream(lambda result, error: errors.put(error))
        client.async_stream_infer("waiting", [tensor([1])])
        eventually(lambda: counts()[:2], [waiting + 1, left])
        client.stop_stream(cancel_requests=True)
        same(errors.get(timeout=10).status(), "StatusCode.CANCELLED")
    eventually(lambda: counts()[:2], [waiting, left + 1])


@check
def the_deadline_of_a_stream_stops_the_generator():
    stopped = counts()[3]
    try:
        for _ in STUB.ModelStreamInfer(iter([request(2**31 - 1)]), timeout=0.5):
            pass
    except grpc.RpcError as error:
        same(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    eventually(lambda: counts()[3], stopped + 1)


@check
def a_hundred_streams_at_once():
    calls = [STUB.ModelStreamInfer(iter([request(50), request(50)])) for _ in range(100)]
    same([sum(1 for _ in call) for call in calls], [100] * 100)


harness.main()
