"""Bytes that no honest client sends: whatever comes, the server lives, answers others, and holds little memory."""

import os
import random
import socket
import struct

import grpc
import harness
from grpc_health.v1 import health_pb2, health_pb2_grpc
from harness import check, memory_mb, same
from hpack import Encoder
from hyperframe.frame import (ContinuationFrame, DataFrame, Frame, HeadersFrame, PingFrame, RstStreamFrame, SettingsFrame, WindowUpdateFrame)

HOST, PORT = harness.MODELS.split(":")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SettingsFrame(0).serialize()
INFER = "/inference.GRPCInferenceService/ModelInfer"
STREAM = "/inference.GRPCInferenceService/ModelStreamInfer"
GOOD = [(":method", "POST"), (":scheme", "http"), (":path", INFER), (":authority", "x"), ("content-type", "application/grpc"), ("te", "trailers")]


def alive():
    """Others are answered."""
    with grpc.insecure_channel(harness.MODELS) as channel:
        reply = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=20)
        same(reply.status, health_pb2.HealthCheckResponse.SERVING)


def send(*pieces, wait=0.5):
    """Sends bytes, and gives what comes back within a while; a server that hangs up is no failure."""
    with socket.create_connection((HOST, int(PORT)), timeout=20) as connection:
        got = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.settimeout(wait)
            while piece := connection.recv(1 << 16):
                got += piece
        except (TimeoutError, ConnectionError):
            pass
        return got


def headers(stream=1, fields=GOOD, end=False, encoder=None):
    frame = HeadersFrame(stream, (encoder or Encoder()).encode(fields))
    frame.flags.add("END_HEADERS")
    if end:
        frame.flags.add("END_STREAM")
    return frame.serialize()


def data(content, stream=1, end=True):
    frame = DataFrame(stream, content)
    if end:
        frame.flags.add("END_STREAM")
    return frame.serialize()


def changed(**fields):
    """The fields of a good call with others; None leaves one out."""
    fields = {name.replace("__", ":", 1) if name.startswith("__") else name.replace("_", "-"): value for name, value in fields.items()}
    kept = [(name, fields.pop(name, value)) for name, value in GOOD]
    return [(name, value) for name, value in [*kept, *fields.items()] if value is not None]


def status(got):
    """gRPC's status in what came back, as the bytes of a header that no table has."""
    from hpack import Decoder

    decoder, found = Decoder(), []
    decoder.max_header_list_size = 1 << 20
    while len(got) >= 9:
        frame, length = Frame.parse_frame_header(memoryview(got[:9]))
        frame.parse_body(memoryview(got[9 : 9 + length]))
        if isinstance(frame, HeadersFrame):
            found += [value for name, value in decoder.decode(frame.data) if name in ("grpc-status", b"grpc-status")]
        got = got[9 + length :]
    return found


@check
def what_is_not_http2():
    hello = bytes.fromhex("16030100c8010000c40303") + os.urandom(200)
    for content in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0" * 1000, os.urandom(5000), hello, b"PRI * HTTP/2.0\r\n\r\nSM", b""):
        send(content, wait=0.2)
    alive()


@check
def any_bytes_behind_the_preface():
    rng = random.Random(7)
    for _ in range(60):
        send(PREFACE, rng.randbytes(rng.randrange(1, 400)), wait=0.02)
    for kind in range(256):
        content = rng.randbytes(rng.randrange(0, 40))
        frame = struct.pack(">I", len(content))[1:] + bytes([kind, rng.randrange(256)]) + struct.pack(">I", rng.choice([0, 1, 2, 3, 2**31 - 1])) + content
        send(PREFACE, frame, wait=0.01)
    alive()


@check
def frames_that_are_out_of_place():
    bad = [
        data(b"x"), data(b"x", stream=3), HeadersFrame(2, Encoder().encode(GOOD)).serialize(), ContinuationFrame(1, b"x").serialize(),
        RstStreamFrame(1).serialize(), WindowUpdateFrame(0, 2**31 - 1).serialize() * 2, headers() + headers(), headers(stream=5) + headers(stream=3),
        b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + b"x" * 100_000, b"\x00\x00\x05\x04\x00\x00\x00\x00\x00abcde", headers() + data(b"", end=True) + data(b"more"),
    ]
    for frames in bad:
        send(PREFACE, frames, wait=0.1)
    alive()


@check
def headers_that_are_garbage():
    for content in (b"\xff" * 100, b"\x80", b"\x40\x7f\xff\xff\xff\xff\xff\xff\xff\xff", os.urandom(300), b"\x3f\xff\xff\xff\xff\xff\xff\xff\x7f"):
        frame = HeadersFrame(1, content)
        frame.flags.add("END_HEADERS")
        send(PREFACE, frame.serialize(), wait=0.1)
    odd = [
        changed(__path=None), changed(__path=""), changed(__path="no slash"), changed(__path="/é\u2028/x"), changed(__path="/a\r\nb: c"), changed(__path="/\0"),
        changed(__path="/__proto__/constructor"), changed(__path="/" + "x" * 60_000), changed(content_type=None), changed(content_type="text/html"),
        changed(__method="GET"), changed(__method="\0"), changed(x_bad="a\r\nb"), changed(x_bad="\0\x01"), changed(grpc_timeout="soon"),
        changed(grpc_timeout="-1S"), changed(grpc_timeout="99999999H"), changed(grpc_timeout="0n"), changed(grpc_encoding="br"), changed(x_bin="%%%"),
        changed(mlrun_event_id="é\x7f"), changed(te=None), [*GOOD, ("__proto__", "x"), ("constructor", "y")], [*GOOD, ("UPPER", "x")], [("x", "y")], [],
        [*GOOD, *[("x-many", str(n)) for n in range(3000)]], [*GOOD, ("connection", "close")], [*GOOD, ("x-trailer-bin", "A" * 50_000)],
    ]
    for fields in odd:
        try:
            block = headers(fields=fields)
        except ValueError:
            continue
        if len(block) > 16_000:
            continue
        send(PREFACE, block, data(message(b"")), wait=0.1)
    alive()


def message(content, flag=0, length=None):
    return bytes([flag]) + struct.pack(">I", len(content) if length is None else length) + content


@check
def messages_that_lie():
    cases = {
        "cut off": (data(message(b"abc", length=100)), None),
        "longer than any limit": (data(message(b"abc", length=2**32 - 1), end=False), ["8"]),
        "no message": (data(b""), ["12"]),
        "half a length": (data(b"\0\0"), None),
        "two messages": (data(message(b"\x0a\x01m") * 2), ["12", "3"]),
        "packed garbage": (data(message(b"garbage", flag=1)), None),
        "a flag that is none": (data(message(b"\x0a\x01m", flag=7)), None),
        "no request": (data(message(b"\xff\xff")), ["3"]),
        "empty": (data(message(b"")), ["3"]),
    }
    for name, (content, wanted) in cases.items():
        for path in (INFER, STREAM):
            got = status(send(PREFACE, headers(fields=changed(__path=path)), content, wait=0.3))
            if wanted is not None and path == INFER:
                assert got and got[0] in wanted, f"{name}: {got}"
    for encoding in ("gzip", "deflate", "br", "identity"):
        send(PREFACE, headers(fields=changed(grpc_encoding=encoding)), data(message(b"\x1f\x8b\x08" + os.urandom(50), flag=1)), wait=0.1)
    alive()


@check
def a_message_in_single_bytes():
    pieces = [data(bytes([byte]), end=False) for byte in message(b"\x0a\x06nobody")]
    same(status(send(PREFACE, headers(), *pieces, data(b""), wait=1)), ["5"])


@check
def streams_opened_and_reset_ten_thousand_times():
    memory, encoder = memory_mb(), Encoder()
    frames = b"".join(headers(stream, encoder=encoder) + RstStreamFrame(stream, 8).serialize() for stream in range(1, 20_001, 2))
    send(PREFACE, frames, wait=1)
    alive()
    assert memory_mb() - memory < 150, f"{memory_mb() - memory} MB more"


@check
def floods_of_small_frames():
    memory = memory_mb()
    frame = SettingsFrame(0)
    frame.settings = {4: 65_535}
    ping, empty = PingFrame(0, b"12345678").serialize(), data(b"", end=False)
    for flood in (ping * 50_000, frame.serialize() * 50_000, headers() + empty * 50_000, WindowUpdateFrame(0, 1).serialize() * 50_000):
        send(PREFACE, flood, wait=0.5)
        alive()
    first = HeadersFrame(1, Encoder().encode(GOOD)).serialize()
    send(PREFACE, first, ContinuationFrame(1, b"").serialize() * 50_000, wait=0.5)
    send(PREFACE, first, ContinuationFrame(1, Encoder().encode([("x-%d" % n, "y" * 100) for n in range(100)])).serialize() * 3_000, wait=0.5)
    alive()
    assert memory_mb() - memory < 200, f"{memory_mb() - memory} MB more"


@check
def many_calls_that_never_end():
    memory, open_ones = memory_mb(), []
    for _ in range(20):
        connection = socket.create_connection((HOST, int(PORT)))
        encoder = Encoder()
        connection.sendall(PREFACE + b"".join(headers(stream, encoder=encoder) + data(message(b"x" * 100, length=60_000_000), stream, end=False) for stream in range(1, 401, 2)))
        open_ones.append(connection)
    alive()
    assert memory_mb() - memory < 200, f"{memory_mb() - memory} MB more"
    for connection in open_ones:
        connection.close()
    alive()


@check
def many_connections_that_say_nothing():
    open_ones = [socket.create_connection((HOST, int(PORT))) for _ in range(500)]
    alive()
    for connection in open_ones:
        connection.close()
    alive()


harness.main()
