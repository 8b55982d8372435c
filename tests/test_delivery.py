"""Delivering over real sockets: the bytes that arrive, the trouble that is told, and where nothing may be sent."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import hookproof
from hookproof.delivery.engine import Attempt, Courier
from hookproof.delivery.faults import FAULTS, Transmission, transmission
from hookproof.delivery.targets import parse, resolve
from hookproof.delivery.wire import Connection, WireError, head
from hookproof.errors import TargetError, UnknownNameError, UsageError
from hookproof.request import SignedRequest
from hookproof.signing import Scheme

SECRET = "d8yyxj7srjqf5xyih8ay"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SCHEME = Scheme("x-lcq-signature-256", "hmac-sha256", "hex", "")


class Raw:
    """A server that keeps every byte it gets and answers with fixed bytes."""

    def __init__(self, answer: Callable[[bytes], bytes | None], close: bool) -> None:
        self.got: list[bytes] = []
        self.answer = answer
        self.close = close
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.stopped = False
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"

    def serve(self) -> None:
        while not self.stopped:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection: socket.socket) -> None:
        data = b""
        with connection:
            connection.settimeout(5)
            while True:
                try:
                    piece = connection.recv(65536)
                except OSError:
                    break
                if not piece:
                    break
                data += piece
                if whole(data):
                    self.got.append(data)
                    answer = self.answer(data)
                    if answer is None:
                        return
                    connection.sendall(answer)
                    data = b""
                    if self.close:
                        return
        if data:
            self.got.append(data)


def whole(data: bytes) -> bool:
    """Whether a request is complete."""
    start, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    lower = start.lower()
    if b"transfer-encoding: chunked" in lower:
        return body.endswith(b"0\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in lower.split(b"\r\n") if line.startswith(b"content-length")), 0)
    return len(body) >= length


@contextmanager
def serving(answer: bytes | Callable[[bytes], bytes | None] = OK, close: bool = False) -> Iterator[Raw]:
    """Run a raw server."""
    server = Raw(answer if callable(answer) else lambda _: answer, close)
    try:
        yield server
    finally:
        server.stopped = True
        server.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for connections
        server.socket.close()


def request(index: int = 0, event: str = "luciq.bug") -> SignedRequest:
    return hookproof.generate(event, seed="delivery", index=index, secret=SECRET)


def deliver(
    url: str, *requests: SignedRequest, fault: str = "", timeout: float = 5, concurrency: int = 1
) -> list[Attempt]:
    """Deliver requests and return the attempts."""
    faults = fault.split(",") if fault else []

    async def run() -> list[Attempt]:
        courier = Courier(await resolve(url), timeout=timeout, concurrency=concurrency)
        return [one async for one in courier.deliver(requests, lambda r: transmission(r, faults, SCHEME))]

    return asyncio.run(run())


def test_the_bytes_that_arrive_are_the_bytes_that_were_made() -> None:
    """Request line, headers in their order and case, length, body: nothing is added or changed."""
    sent = request()
    with serving() as server:
        (attempt,) = deliver(server.url, sent)
        expected = head("POST", "/hook?x=1", [("Host", f"127.0.0.1:{server.port}"), *sent.headers,
                                             ("Content-Length", str(len(sent.body)))]) + sent.body  # fmt: skip

        assert server.got == [expected]
    assert attempt.accepted
    assert attempt.answer is not None
    assert (attempt.answer.status, attempt.answer.reason, attempt.answer.body) == (200, "OK", b"ok")


def test_a_connection_is_used_again_while_the_receiver_keeps_it() -> None:
    """Deliveries follow each other on one connection, in order."""
    with serving() as server:
        attempts = deliver(server.url, *(request(index) for index in range(5)))

        assert [attempt.request.index for attempt in attempts] == [0, 1, 2, 3, 4]
        assert all(attempt.accepted for attempt in attempts)
        assert len(server.got) == 5


def test_a_connection_closed_between_deliveries_is_opened_anew() -> None:
    """A receiver that closes without a word loses no delivery."""
    with serving(close=True) as server:
        assert all(attempt.accepted for attempt in deliver(server.url, *(request(index) for index in range(5))))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200),
        (b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 202),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", 500),
    ],
)
def test_answers_are_read_however_they_are_framed(answer: bytes, status: int) -> None:
    """Redirects are answers: they are not followed."""
    with serving(answer, close=True) as server:
        (attempt,) = deliver(server.url, request())

        assert attempt.answer is not None
        assert attempt.answer.status == status
        assert attempt.accepted == (200 <= status < 300)
        assert len(server.got) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (None, "closed"),
        (b"nonsense\r\n\r\n", "garbage"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "closed"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_100_000, "endless"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2_000_000 + b"\r\n\r\n", "garbage|endless"),
    ],
)
def test_trouble_has_a_name(answer: bytes | None, kind: str) -> None:
    """What went wrong on the wire is part of the outcome."""
    with serving(lambda _: answer, close=True) as server:
        (attempt,) = deliver(server.url, request())

    assert attempt.answer is None
    assert attempt.kind in kind.split("|")
    assert attempt.trouble
    assert not attempt.accepted


def test_a_receiver_that_never_answers_costs_its_timeout() -> None:
    """And no more."""
    gate = threading.Event()
    with serving(lambda _: OK if gate.wait(5) else None) as server:
        (attempt,) = deliver(server.url, request(), timeout=0.2)
        gate.set()

    assert attempt.kind == "timeout"
    assert attempt.elapsed < 3


def test_nobody_listens() -> None:
    """A refused connection is told as one."""
    with serving() as server:
        url = server.url
    (attempt,) = deliver(url, request())

    assert attempt.kind == "refused"


def test_tls_to_a_plain_port() -> None:
    """Is told as TLS trouble, or as what the port answers, and never as an acceptance."""
    with serving(b"HTTP/1.1 400 Bad\r\n\r\n", close=True) as server:
        (attempt,) = deliver(server.url.replace("http:", "https:"), request(), timeout=2)

    assert attempt.kind in ("tls", "timeout", "refused")


def body_of(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[2]


def arrived(fault: str) -> bytes:
    """Deliver with one fault and return what arrived."""
    with serving() as server:
        deliver(server.url, request(), fault=fault)
        return server.got[0]


def test_faults_change_what_arrives() -> None:
    """Each in the way that it says."""
    good = request()
    signature = f"x-lcq-signature-256: {good.header('x-lcq-signature-256')}".encode()
    plain = arrived("")

    assert body_of(plain) == good.body
    assert signature in plain
    assert body_of(arrived("truncate")) == good.body[: len(body_of(arrived("truncate")))]
    assert len(body_of(arrived("truncate"))) < len(good.body)
    tampered = body_of(arrived("tamper"))
    assert sum(a != b for a, b in zip(tampered, good.body, strict=True)) == 1
    for fault in ("wrong-signature", "missing-signature", "other-secret", "wrong-header"):
        data = arrived(fault)
        assert signature not in data
        assert body_of(data) == good.body
    assert b"x-lcq-signature-256-old: " in arrived("wrong-header")
    assert b"Content-Type: text/plain\r\n" in arrived("wrong-content-type")
    chunked = arrived("chunked")
    assert b"Transfer-Encoding: chunked\r\n" in chunked
    assert b"Content-Length" not in chunked
    assert body_of(arrived("slow")) == good.body


def test_a_fault_is_the_same_each_time() -> None:
    """Deterministic by the request's seed."""
    for name in ("truncate", "tamper", "other-secret", "chunked", "delay", "reset"):
        assert transmission(request(), [name], SCHEME) == transmission(request(), [name], SCHEME)


def test_duplicates_drops_resets_and_order() -> None:
    """Faults of the delivery itself."""
    with serving() as server:
        assert len(deliver(server.url, request(), fault="duplicate")) == 2
        assert server.got[0] == server.got[1]
    with serving() as server:
        (dropped,) = deliver(server.url, request(), fault="drop")
        assert (dropped.kind, server.got) == ("dropped", [])
    with serving() as server:
        (cut,) = deliver(server.url, request(), fault="reset")
        assert cut.kind == "reset"
    with serving() as server:
        attempts = deliver(server.url, *(request(index) for index in range(4)), fault="reorder")
        assert [attempt.request.index for attempt in attempts] == [1, 0, 3, 2]


def test_a_fault_that_does_not_fit_is_refused() -> None:
    """A signature that is not there cannot be wrong; an unknown fault is told with the nearest."""
    unsigned = hookproof.generate("bugsplat.notification")
    with pytest.raises(UsageError, match="has none"):
        transmission(unsigned, ["wrong-signature"], None)
    with pytest.raises(UnknownNameError, match="did you mean tamper"):
        transmission(unsigned, ["tampr"], None)
    with serving() as server, pytest.raises(UsageError, match="has none"):
        deliver(server.url, unsigned, fault="missing-signature")
    assert all(text for text, _ in FAULTS.values())


def test_deliveries_run_side_by_side_when_asked() -> None:
    """With a concurrency of four, four are under way at once, and never more."""
    together = threading.Barrier(4, timeout=5)

    def answer(_: bytes) -> bytes:
        together.wait()
        return OK

    with serving(answer) as server:
        attempts = deliver(server.url, *(request(index) for index in range(8)), concurrency=4)

    assert len(attempts) == 8
    assert all(attempt.accepted for attempt in attempts)


@pytest.mark.parametrize(
    "url",
    ["", "ftp://127.0.0.1/", "127.0.0.1:80", "http://", "http://user:pw@127.0.0.1/", "http://127.0.0.1:99999/",
     "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://[::1", "//127.0.0.1/"],
)  # fmt: skip
def test_what_is_no_url_to_send_to_is_refused(url: str) -> None:
    """With what was wrong; credentials in a URL are not shown."""
    with pytest.raises(TargetError) as caught:
        parse(url)

    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://8.8.8.8/", ()),
        ("http://10.0.0.1/", ()),
        ("http://0.0.0.0/", ()),
        ("http://[::]/", ()),
        ("http://192.168.1.1/", ("192.168.2.0/24",)),
        ("http://169.254.169.254/latest/meta-data", ("169.254.169.254", "0.0.0.0/0")),
        ("http://[fe80::1]/", ("fe80::1", "::/0")),
        ("http://[fd00:ec2::254]/", ("::/0",)),
        ("http://[::ffff:169.254.169.254]/", ("169.254.169.254",)),
        ("http://[::ffff:8.8.8.8]/", ()),
        ("http://0x7f000001.example/", ()),
        ("http://239.1.1.1/", ("239.1.1.1",)),
    ],
)
def test_what_may_not_be_sent_to_is_refused(url: str, allowed: tuple[str, ...]) -> None:
    """Loopback alone without a word; link-local and metadata addresses never."""
    with pytest.raises(TargetError):
        asyncio.run(resolve(url, allowed))


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:80/", ()),
        ("http://localhost:8000/", ()),
        ("http://[::1]:8000/", ()),
        ("http://127.8.8.8/", ()),
        ("http://10.1.2.3:9000/", ("10.1.2.3:9000",)),
        ("http://10.1.2.3:9000/", ("10.1.0.0/16",)),
        ("http://10.1.2.3/", ("10.1.2.3",)),
    ],
)
def test_what_was_allowed_can_be_sent_to(url: str, allowed: tuple[str, ...]) -> None:
    """By host, host and port, or network."""
    assert asyncio.run(resolve(url, allowed)).addresses


def test_a_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves to another address the second time cannot lead anywhere else."""
    with serving() as server:
        answers = iter(["127.0.0.1", "10.9.9.9"])

        async def look_up(self: object, host: str, port: int, **_: object) -> list[object]:  # noqa: ARG001
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

        monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", look_up)

        async def run() -> bool:
            courier = Courier(await resolve(f"http://rebinding.example:{server.port}/"))
            monkeypatch.undo()
            attempt = await courier.attempt(request(), Transmission("POST", [], b"x"))
            courier.close()
            return attempt.accepted

        assert asyncio.run(run())
        assert b"Host: rebinding.example:" in server.got[0]


def test_the_wire_says_what_was_sent_and_what_not() -> None:
    """An error before the first byte is told apart: nothing can have been accepted."""
    with serving() as server:
        url = server.url

    async def run() -> WireError:
        try:
            await Connection.open(await resolve(url), 1)
        except WireError as error:
            return error
        raise AssertionError

    assert asyncio.run(run()).sent is False
