"""libzmq as a peer of our sockets: each test is named by its first word; prints `pass NAME` or `fail NAME why`.

    python peer.py bound ROUTER XPUB REP       our sockets are bound at these addresses
    python peer.py connecting ROUTER XPUB REP  binds libzmq's sockets there and serves our clients until stdin ends
"""

import hashlib
import json
import sys
import threading
import time
import traceback

import zmq

CTX = zmq.Context()
LIMIT_MS = 15_000


def dealer(address, identity=None):
    sock = CTX.socket(zmq.DEALER)
    if identity:
        sock.identity = identity
    sock.linger = 0
    sock.rcvtimeo = sock.sndtimeo = LIMIT_MS
    sock.connect(address)
    return sock


def subscriber(address, *topics):
    sock = CTX.socket(zmq.SUB)
    sock.linger = 0
    sock.rcvtimeo = LIMIT_MS
    for topic in topics:
        sock.subscribe(topic)
    sock.connect(address)
    return sock


def round_trips(router, **_):
    sock = dealer(router)
    for n in range(2000):
        sock.send_multipart([b"%d" % n, b"", b"x" * (n % 300)])
        assert sock.recv_multipart() == [b"%d" % n, b"", b"x" * (n % 300)]


def frame_borders(router, **_):
    sock = dealer(router)
    for size in (0, 1, 254, 255, 256, 257, 65535, 65536):
        frames = [b"a" * size, b"", b"b" * size]
        sock.send_multipart(frames)
        assert sock.recv_multipart() == frames, size


def big_message(router, **_):
    sock = dealer(router)
    body = bytes(range(256)) * (20 * 1024 * 1024 // 256)
    sock.send_multipart([body])
    assert hashlib.sha256(sock.recv_multipart()[0]).digest() == hashlib.sha256(body).digest()


def many_in_flight(router, **_):
    sock = dealer(router)
    for n in range(3000):
        sock.send_multipart([b"%d" % n])
    assert [sock.recv_multipart()[0] for _ in range(3000)] == [b"%d" % n for n in range(3000)]


def identity_taken_over(router, **_):
    old = dealer(router, b"same")
    old.send_multipart([b"one"])
    assert old.recv_multipart() == [b"one"]
    new = dealer(router, b"same")
    new.send_multipart([b"two"])
    assert new.recv_multipart() == [b"two"]


def reconnect(router, **_):
    for n in range(20):
        sock = dealer(router, b"again")
        sock.send_multipart([b"%d" % n])
        assert sock.recv_multipart() == [b"%d" % n]
        sock.close()


def request_socket(rep, **_):
    sock = CTX.socket(zmq.REQ)
    sock.linger = 0
    sock.rcvtimeo = LIMIT_MS
    sock.connect(rep)
    for n in range(200):
        sock.send(b"beat %d" % n)
        assert sock.recv() == b"beat %d" % n


def welcome(xpub, **_):
    assert subscriber(xpub, b"").recv_multipart() == [b"", b"welcome"]
    assert subscriber(xpub, b"t").recv_multipart() == [b"t", b"welcome"]


def topics(router, xpub, **_):
    sock = subscriber(xpub, b"a", b"cc")
    got = {sock.recv_multipart()[1] for _ in range(2)}
    assert got == {b"welcome"}
    ask = dealer(router)
    ask.send_multipart([b"publish", b"a1", b"b1", b"c1", b"cc1", b"a2"])
    ask.recv_multipart()
    assert [sock.recv_multipart()[0] for _ in range(3)] == [b"a1", b"cc1", b"a2"]
    sock.unsubscribe(b"a")
    time.sleep(0.2)  # libzmq sends the cancel on its own thread
    ask.send_multipart([b"publish", b"a3", b"cc2"])
    ask.recv_multipart()
    assert sock.recv_multipart()[0] == b"cc2"


def flood(router, xpub, **_):
    sock = subscriber(xpub, b"f")
    sock.recv_multipart()
    ask = dealer(router)
    ask.send_multipart([b"flood", b"50000"])
    for n in range(50000):
        assert sock.recv_multipart()[1] == b"%d" % n, n


def wrong_partner(router, **_):
    sock = subscriber(router, b"")
    sock.rcvtimeo = 300
    try:
        sock.recv()
        raise AssertionError("a SUB heard something from a ROUTER")
    except zmq.Again:
        pass
    round_trips(router)


def jupyter_signature(router, **_):
    from jupyter_client.session import Session

    session = Session(key=b"secret", username="u")
    ask = dealer(router)
    parts = session.serialize(session.msg("kernel_info_request", {"a": [1, "ü"]}))
    ask.send_multipart([b"open", *parts])
    reply = ask.recv_multipart()
    assert json.loads(reply[0]) == {"type": "kernel_info_request", "content": {"a": [1, "ü"]}}, reply[0]
    _, frames = session.feed_identities(reply[1:])
    message = session.deserialize(frames)
    assert message["content"] == {"b": "ü"} and message["parent_header"]["msg_type"] == "kernel_info_request"


TESTS = [round_trips, frame_borders, big_message, many_in_flight, identity_taken_over, reconnect, request_socket,
         welcome, topics, flood, wrong_partner, jupyter_signature]


def bound(router, xpub, rep):
    for test in TESTS:
        try:
            test(router=router, xpub=xpub, rep=rep)
            print("pass", test.__name__, flush=True)
        except Exception:
            print("fail", test.__name__, repr(traceback.format_exc().strip().splitlines()[-3:]), flush=True)


def connecting(router, xpub, rep):
    """Echoes on ROUTER and REP; publishes what the ROUTER is told to."""
    socks = {name: CTX.socket(kind) for name, kind in (("r", zmq.ROUTER), ("x", zmq.XPUB), ("p", zmq.REP))}
    for sock, address in zip(socks.values(), (router, xpub, rep)):
        sock.linger = 0
        sock.bind(address)
    threading.Thread(target=lambda: (sys.stdin.read(), CTX.destroy(0)), daemon=True).start()
    poller = zmq.Poller()
    for sock in socks.values():
        poller.register(sock, zmq.POLLIN)
    print("ready", flush=True)
    try:
        while True:
            for sock, _ in poller.poll():
                frames = sock.recv_multipart()
                if sock is socks["x"]:
                    continue
                if sock is socks["r"] and frames[1] == b"publish":
                    for topic in frames[2:]:
                        socks["x"].send_multipart([topic, b"body"])
                sock.send_multipart(frames)
    except zmq.ZMQError:
        pass


if __name__ == "__main__":
    {"bound": bound, "connecting": connecting}[sys.argv[1]](*sys.argv[2:5])
