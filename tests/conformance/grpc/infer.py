"""tritonclient[grpc]: requests and replies of every datatype and form, and what is told of models."""

import gzip
import queue
from concurrent.futures import ThreadPoolExecutor

import grpc
import harness
import numpy as np
import tritonclient.grpc as triton
from grpc_health.v1 import health_pb2, health_pb2_grpc
from harness import check, eventually, same
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc

CLIENT = triton.InferenceServerClient(harness.MODELS)
STUB = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(harness.MODELS))

VALUES = {
    "BOOL": np.array([[True, False], [False, True]]),
    "UINT8": np.array([[0, 255]], np.uint8),
    "UINT16": np.array([[0, 2**16 - 1]], np.uint16),
    "UINT32": np.array([[0, 2**32 - 1]], np.uint32),
    "UINT64": np.array([[0, 2**64 - 1]], np.uint64),
    "INT8": np.array([[-128, 127]], np.int8),
    "INT16": np.array([[-(2**15), 2**15 - 1]], np.int16),
    "INT32": np.array([[-(2**31), 2**31 - 1]], np.int32),
    "INT64": np.array([[-(2**63), 2**63 - 1]], np.int64),
    "FP16": np.array([[0.5, np.inf, np.nan]], np.float16),
    "FP32": np.array([[0.1, -np.inf, np.nan, -0.0]], np.float32),
    "FP64": np.array([[0.1, 1e300]], np.float64),
    "BYTES": np.array([[b"", "ü€𝄞".encode(), b"\xff\x00\xfe", b"x" * 1000]], np.object_),
}


def tensor(name, values, datatype=None):
    datatype = datatype or triton_type(values)
    made = triton.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values)
    return made


def triton_type(values):
    from tritonclient.utils import np_to_triton_dtype

    return np_to_triton_dtype(values.dtype)


def refused(act, code, *words):
    try:
        act()
    except triton.InferenceServerException as error:
        same(error.status(), f"StatusCode.{code}")
        for word in words:
            assert word in error.message(), error.message()
    else:
        raise AssertionError("nothing was refused")


@check
def every_datatype_raw():
    for datatype, values in VALUES.items():
        got = CLIENT.infer("echo", [tensor("x", values, datatype)]).as_numpy("x_out")
        same((got.dtype, got.shape), (values.dtype, values.shape))
        same(got.tobytes() if datatype != "BYTES" else got.tolist(), values.tobytes() if datatype != "BYTES" else values.tolist())


@check
def bf16_raw():
    request = pb.ModelInferRequest(model_name="echo")
    request.inputs.add(name="x", datatype="BF16", shape=[2])
    request.raw_input_contents.append(b"\x80\x3f\xc0\x7f")
    reply = STUB.ModelInfer(request)
    same((reply.outputs[0].datatype, reply.raw_output_contents[0]), ("BF16", b"\x80\x3f\xc0\x7f"))


FIELDS = {
    "BOOL": "bool_contents", "INT8": "int_contents", "INT16": "int_contents", "INT32": "int_contents", "INT64": "int64_contents",
    "UINT8": "uint_contents", "UINT16": "uint_contents", "UINT32": "uint_contents", "UINT64": "uint64_contents",
    "FP32": "fp32_contents", "FP64": "fp64_contents", "BYTES": "bytes_contents",
}


@check
def every_datatype_in_typed_contents():
    for datatype, field in FIELDS.items():
        values = VALUES[datatype].flatten().tolist()
        request = pb.ModelInferRequest(model_name="echo", id="typed")
        made = request.inputs.add(name="x", datatype=datatype, shape=VALUES[datatype].shape)
        getattr(made.contents, field).extend(values)
        reply = STUB.ModelInfer(request)
        same((reply.id, len(reply.raw_output_contents), list(reply.outputs[0].shape)), ("typed", 0, list(VALUES[datatype].shape)))
        same(str(list(getattr(reply.outputs[0].contents, field))), str(list(getattr(made.contents, field))))


@check
def shapes_without_values_and_without_dimensions():
    got = CLIENT.infer("echo", [tensor("x", np.zeros((0, 3), np.float32))]).as_numpy("x_out")
    same(got.shape, (0, 3))
    request = pb.ModelInferRequest(model_name="echo")
    request.inputs.add(name="x", datatype="FP64", shape=[])
    request.raw_input_contents.append(np.float64(2.5).tobytes())
    same(list(STUB.ModelInfer(request).outputs[0].shape), [])


@check
def several_inputs_and_requested_outputs():
    inputs = [tensor("a", np.ones(2, np.float32)), tensor("b", np.zeros((1, 3), np.int64))]
    reply = CLIENT.infer("echo", inputs, outputs=[triton.InferRequestedOutput("b_out"), triton.InferRequestedOutput("a_out")])
    same([output.name for output in reply.get_response().outputs], ["b_out", "a_out"])
    same(reply.as_numpy("b_out").tolist(), [[0, 0, 0]])
    refused(lambda: CLIENT.infer("echo", inputs, outputs=[triton.InferRequestedOutput("c")]), "INVALID_ARGUMENT", '"c"', "a_out")


@check
def a_model_of_rows():
    reply = CLIENT.infer("sum", [tensor("x", np.array([[1, 2], [3, 4]], np.int32))], model_version="v2")
    same((reply.as_numpy("output").tolist(), reply.get_response().model_version), ([3, 7], "v2"))


@check
def ids_and_parameters():
    reply = CLIENT.infer(
        "echo", [tensor("x", np.ones(1, np.float32))], request_id="ü-7",
        parameters={"flag": True, "count": 2**53 + 1, "text": "ü", "half": 0.5}, priority=2**64 - 1, sequence_id=5, sequence_start=True,
    )
    same(reply.get_response().id, "ü-7")
    told = reply.as_numpy("parameters")[0].decode()
    for part in ['"flag":true', '"count":"9007199254740993n"', '"text":"ü"', '"half":0.5', '"priority":"18446744073709551615n"', '"sequence_id":5', '"sequence_end":false']:
        assert part in told, told


@check
def metadata_reach_the_steps():
    reply = CLIENT.infer("headers", [tensor("x", np.ones(1, np.float32))], headers={"authorization": "Bearer s", "traceparent": "00-1-2-03", "x-list": "a"})
    told = reply.as_numpy("output")[0].decode()
    for part in ["authorization: Bearer s", "traceparent: 00-1-2-03", "x-list: a", "trigger: grpc", "path: /v2/models/headers/infer"]:
        assert part in told, told


@check
def server_and_models_tell_of_themselves():
    same((CLIENT.is_server_live(), CLIENT.is_server_ready(), CLIENT.is_model_ready("echo")), (True, True, True))
    same((CLIENT.is_model_ready("sum", "v2"), CLIENT.is_model_ready("sum", "v3"), CLIENT.is_model_ready("nobody")), (True, False, False))
    same(CLIENT.get_server_metadata().name, "levada")
    metadata = CLIENT.get_model_metadata("echo", as_json=True)
    same(metadata["inputs"], [{"name": "x", "datatype": "FP32", "shape": ["-1", "2"]}])
    same(metadata["outputs"], [{"name": "x_out", "datatype": "FP32", "shape": ["-1", "2"]}])
    same(list(CLIENT.get_model_metadata("sum").versions), ["v2"])
    config = CLIENT.get_model_config("echo", as_json=True)["config"]
    same((config["name"], config["input"]), ("echo", [{"name": "x", "data_type": "TYPE_FP32", "dims": ["-1", "2"]}]))
    refused(lambda: CLIENT.get_model_metadata("nobody"), "NOT_FOUND", "nobody", "echo")
    refused(lambda: CLIENT.get_model_config("echo", "7"), "NOT_FOUND", "echo:7")


@check
def statistics_count():
    def counted():
        stats = CLIENT.get_inference_statistics("counted").model_stats[0]
        return stats.inference_count, stats.inference_stats.fail.count
    before = counted()
    for _ in range(3):
        CLIENT.infer("counted", [tensor("x", np.array([1], np.int32))])
    refused(lambda: CLIENT.infer("counted", [tensor("x", np.array([404], np.int32))]), "NOT_FOUND")
    same(counted(), (before[0] + 3, before[1] + 1))
    assert len(CLIENT.get_inference_statistics().model_stats) > 5


@check
def repository_lists_unloads_and_loads():
    def state():
        return {(model.name, model.version): model.state for model in CLIENT.get_model_repository_index().models}
    same((state()[("sum", "v2")], state()[("loose", "")]), ("READY", "READY"))
    CLIENT.unload_model("loose")
    same((state()[("loose", "")], CLIENT.is_model_ready("loose")), ("UNAVAILABLE", False))
    refused(lambda: CLIENT.infer("loose", [tensor("x", np.ones(1, np.float32))]), "NOT_FOUND", "loose")
    CLIENT.load_model("loose")
    same((state()[("loose", "")], CLIENT.is_server_ready()), ("READY", True))
    refused(lambda: CLIENT.load_model("nobody"), "NOT_FOUND", "nobody")
    refused(lambda: CLIENT.load_model("loose", config="{}"), "INVALID_ARGUMENT")
    ready = STUB.RepositoryIndex(pb.RepositoryIndexRequest(ready=True))
    assert all(model.state == "READY" for model in ready.models)


@check
def failures_have_their_codes():
    codes = {
        1: "INTERNAL", 400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 408: "UNAVAILABLE",
        413: "RESOURCE_EXHAUSTED", 422: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 499: "CANCELLED", 500: "INTERNAL", 501: "UNIMPLEMENTED",
        502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
    }
    for status, code in codes.items():
        words = ["it broke"] if status == 1 else [f"told to fail with {status} ü"]
        refused(lambda: CLIENT.infer("failing", [tensor("x", np.array([status], np.int32))]), code, *words)
    refused(lambda: CLIENT.infer("nobody", [tensor("x", np.ones(1, np.float32))]), "NOT_FOUND", "nobody")
    refused(lambda: CLIENT.infer("sum", [tensor("x", np.ones(1, np.float32))], model_version="9"), "NOT_FOUND", "sum:9")
    refused(lambda: CLIENT.infer("", [tensor("x", np.ones(1, np.float32))]), "INVALID_ARGUMENT", "names no model")


@check
def a_failure_says_which_event_and_when_to_try_again():
    request = pb.ModelInferRequest(model_name="failing")
    request.inputs.add(name="x", datatype="INT32", shape=[1])
    request.raw_input_contents.append(np.int32(503).tobytes())
    try:
        STUB.ModelInfer(request)
    except grpc.RpcError as error:
        trailers = dict(error.trailing_metadata())
        same(trailers["grpc-retry-pushback-ms"], "1500")
        same(len(trailers["x-event-id"]), 36)
    else:
        raise AssertionError("nothing was refused")


@check
def sizes_that_lie_name_the_tensor():
    for shape, content in [([2, 3], b"\0" * 20), ([-1, 4], b"\0" * 16), ([2**40, 2**40], b"\0" * 4), ([2**31], b"")]:
        request = pb.ModelInferRequest(model_name="echo")
        request.inputs.add(name="image", datatype="FP32", shape=shape)
        request.raw_input_contents.append(content)
        try:
            STUB.ModelInfer(request)
        except grpc.RpcError as error:
            same(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
            assert "image" in error.details(), error.details()
        else:
            raise AssertionError("nothing was refused")


@check
def async_infer():
    results = queue.Queue()
    for n in range(50):
        CLIENT.async_infer("echo", [tensor("x", np.array([n], np.int64))], lambda result, error: results.put((result, error)))
    got = [results.get(timeout=20) for _ in range(50)]
    same(sorted(result.as_numpy("x_out")[0] for result, error in got), list(range(50)))


@check
def twenty_clients_at_once():
    def ask(n):
        with triton.InferenceServerClient(harness.MODELS) as client:
            return [int(client.infer("echo", [tensor("x", np.array([n * 100 + k], np.int64))]).as_numpy("x_out")[0]) for k in range(20)]
    with ThreadPoolExecutor(20) as pool:
        for n, got in enumerate(pool.map(ask, range(20))):
            same(got, [n * 100 + k for k in range(20)])


@check
def sixteen_megabytes_there_and_back():
    values = np.arange(4 << 20, dtype=np.float32).reshape(2, -1)
    same(CLIENT.infer("echo", [tensor("x", values)]).as_numpy("x_out").tobytes(), values.tobytes())


@check
def too_long_a_message():
    with triton.InferenceServerClient(harness.SMALL) as small:
        same(small.infer("echo", [tensor("x", np.ones(100, np.float32))]).as_numpy("x_out").sum(), 100)
        refused(lambda: small.infer("echo", [tensor("x", np.ones(300_000, np.float32))]), "RESOURCE_EXHAUSTED", "larger than max")
        bomb = tensor("x", np.zeros(3_000_000, np.float32))  # packed it is 12 KB
        refused(lambda: small.infer("echo", [bomb], compression_algorithm="gzip"), "RESOURCE_EXHAUSTED", "decompresses")


@check
def packed_requests():
    values = np.arange(100_000, dtype=np.int64)
    assert len(gzip.compress(values.tobytes())) < values.nbytes
    for algorithm in ("gzip", "deflate"):
        same(CLIENT.infer("echo", [tensor("x", values)], compression_algorithm=algorithm).as_numpy("x_out").tobytes(), values.tobytes())


@check
def a_full_server_refuses_at_once():
    with triton.InferenceServerClient(harness.SMALL) as small:
        before = counts()
        waiting = lambda: small.async_infer("waiting", [tensor("x", np.ones(1, np.float32))], lambda result, error: None)
        calls = [waiting() for _ in range(4)]
        eventually(lambda: counts()[0], before[0] + 4)
        calls += [waiting() for _ in range(2)]
        for _ in range(200):  # until the last two have come in and wait for their turn
            try:
                small.infer("echo", [tensor("x", np.ones(1, np.float32))], client_timeout=0.05)
            except triton.InferenceServerException as error:
                if "too many wait already" in error.message():
                    same(error.status(), "StatusCode.UNAVAILABLE")
                    break
        else:
            raise AssertionError("nothing was refused")
        for call in calls:
            call.cancel()
        eventually(lambda: counts()[0], before[0])  # those that waited may have had their turn before they left
        same(small.infer("echo", [tensor("x", np.ones(2, np.float32))]).as_numpy("x_out").sum(), 2)


def counts():
    """How many wait, have left, how many chunks were made, how often they were stopped."""
    return CLIENT.infer("counting", [tensor("x", np.ones(1, np.float32))]).as_numpy("output").tolist()


@check
def deadlines_reach_the_model():
    waiting, left = counts()[:2]
    refused(lambda: CLIENT.infer("waiting", [tensor("x", np.ones(1, np.float32))], client_timeout=0.3), "DEADLINE_EXCEEDED")
    eventually(lambda: counts()[:2], [waiting, left + 1])


@check
def cancelling_reaches_the_model():
    waiting, left = counts()[:2]
    call = CLIENT.async_infer("waiting", [tensor("x", np.ones(1, np.float32))], lambda result, error: None)
    eventually(lambda: counts()[:2], [waiting + 1, left])
    call.cancel()
    eventually(lambda: counts()[:2], [waiting, left + 1])


@check
def a_lost_connection_reaches_the_model():
    waiting, left = counts()[:2]
    client = triton.InferenceServerClient(harness.MODELS)
    client.async_infer("waiting", [tensor("x", np.ones(1, np.float32))], lambda result, error: None)
    eventually(lambda: counts()[:2], [waiting + 1, left])
    client.close()
    eventually(lambda: counts()[:2], [waiting, left + 1])


@check
def what_goes_on_behind_the_reply_is_not_stopped_by_it():
    before = counts()[4]
    CLIENT.infer("lasting", [tensor("x", np.ones((1, 1), np.float32))])
    eventually(lambda: counts()[4], before + 1)


@check
def health_as_kubernetes_asks():
    stub = health_pb2_grpc.HealthStub(grpc.insecure_channel(harness.MODELS))
    for service in ("", "liveness", "readiness", "inference.GRPCInferenceService"):
        same(stub.Check(health_pb2.HealthCheckRequest(service=service)).status, health_pb2.HealthCheckResponse.SERVING)
    try:
        stub.Check(health_pb2.HealthCheckRequest(service="other"))
    except grpc.RpcError as error:
        same(error.code(), grpc.StatusCode.NOT_FOUND)
    else:
        raise AssertionError("nothing was refused")
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=""))
    same(next(watch).status, health_pb2.HealthCheckResponse.SERVING)
    watch.cancel()
    unknown = stub.Watch(health_pb2.HealthCheckRequest(service="other"))
    same(next(unknown).status, health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
    unknown.cancel()


harness.main()
