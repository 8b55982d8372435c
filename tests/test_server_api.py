"""The API as any client sees it: documents, problems, namespaces, news, and who may call it."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from catcher import Catcher
from jsonschema import Draft202012Validator

from hookproof.client import ApiError, Client, NotEnoughError, mock_vendors
from hookproof.server import document

SECRET = "d8yyxj7srjqf5xyih8ay"
Ask = Callable[..., tuple[int, dict[str, str], Any]]


@pytest.fixture
def ask(mock_vendors: Client) -> Ask:
    """Send any request to the server: ``ask("GET", "/health", headers={…})``."""
    parts = urlsplit(mock_vendors.url)

    def send(method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], Any]:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Hookproof-Namespace": mock_vendors.namespace, **given})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        kind = answer.headers.get_content_type()
        shown = json.loads(content) if kind.endswith("json") and content else content
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, shown

    return send


JSON = {"Content_Type": "application/json"}


def test_the_document_is_served_as_it_is_committed(ask: Ask) -> None:
    """And is valid against the schema that OpenAPI 3.1 has for schemas."""
    status, _, served = ask("GET", "/openapi.json")

    assert (status, served) == (200, json.loads(json.dumps(document.document())))
    assert served["openapi"].startswith("3.1")
    for schema in served["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(("method", "path", "body", "status", "kind"), [
    ("GET", "/nowhere", None, 404, "not-found"),
    ("GET", "/v1/deliveries/delivery-7", None, 404, "not-found"),
    ("GET", "/v1/events/7", None, 404, "not-found"),
    ("DELETE", "/v1/integrations/integration-9", None, 404, "not-found"),
    ("PUT", "/v1/events", b"{}", 405, "method"),
    ("POST", "/v1/events", b"{", 400, "bad-request"),
    ("POST", "/v1/events", b'{"event": NaN}', 400, "bad-request"),
    ("POST", "/v1/events", b"[" * 100_000, 400, "bad-request"),
    ("POST", "/v1/events", b"\xff\xfe", 400, "bad-request"),
    ("POST", "/v1/events", b"[]", 422, "invalid"),
    ("POST", "/v1/events", b'{"evnet": "luciq.crash"}', 422, "invalid"),
    ("POST", "/v1/events", b'{"event": "luciq.crash", "count": "3"}', 422, "invalid"),
    ("POST", "/v1/events", b'{"event": "luciq.crash", "count": 100000}', 422, "invalid"),
    ("POST", "/v1/events", b'{"event": "luciq.crsh"}', 422, "unknown-name"),
    ("POST", "/v1/events", b'{"event": "luciq.crash"}', 409, "conflict"),
    ("POST", "/v1/events", b'{"event": "luciq.crash", "after": "soon"}', 409, "conflict"),
    ("POST", "/v1/integrations", b'{"vendor": "lucik", "settings": {}}', 422, "unknown-name"),
    ("POST", "/v1/integrations", b'{"vendor": "luciq", "settings": {}}', 422, "setting"),
    ("POST", "/v1/runs", b'{"scenario": "a-storm"}', 409, "conflict"),
    ("GET", "/v1/deliveries?limit=0", None, 422, "invalid"),
    ("GET", "/v1/deliveries?limit=many", None, 422, "invalid"),
    ("GET", "/v1/deliveries?limti=5", None, 422, "invalid"),
    ("GET", "/v1/deliveries?limit=5&limit=6", None, 422, "invalid"),
    ("GET", "/ns/bad%20name/v1/clock", None, 422, "invalid"),
])  # fmt: skip
def test_problems_say_what_is_wrong(
    ask: Ask, method: str, path: str, body: bytes | None, status: int, kind: str
) -> None:
    """As RFC 9457 has them, for everything that a caller can get wrong."""
    got, headers, problem = ask(method, path, body, **(JSON if body is not None else {}))

    assert (got, problem["type"]) == (status, f"urn:hookproof:problem:{kind}")
    assert headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["detail"]


def test_methods_that_are_served_are_named(ask: Ask) -> None:
    """As HTTP asks for; HEAD is none of them."""
    for method in ("PUT", "HEAD", "TRACE"):
        status, headers, _ = ask(method, "/v1/integrations")
        assert (status, headers["allow"]) == (405, "GET, POST")


def test_oversized_bodies_are_refused_however_they_come(mock_vendors: Client, ask: Ask) -> None:
    """With a length, and in chunks."""
    status, _, problem = ask("POST", "/v1/events", b" " * 1_100_000, **JSON)
    assert (status, problem["type"]) == (413, "urn:hookproof:problem:too-large")

    parts = urlsplit(mock_vendors.url)
    with socket.create_connection((parts.hostname, parts.port)) as raw:
        raw.sendall(b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n")  # fmt: skip
        try:
            for _ in range(20):
                raw.sendall(b"19000\r\n" + b" " * 0x19000 + b"\r\n")
        except OSError:
            pass  # it has answered and closed
        assert raw.recv(100).startswith(b"HTTP/1.1 413")


def test_only_json_is_understood(ask: Ask) -> None:
    """So that a form on a foreign page can do nothing."""
    status, _, problem = ask("POST", "/v1/events", b"event=luciq.crash", Content_Type="text/plain")

    assert (status, problem["type"]) == (415, "urn:hookproof:problem:media-type")


@pytest.mark.parametrize(("headers", "status"), [
    ({"Host": "evil.example"}, 421), ({"Host": "127.0.0.1.evil.example:80"}, 421), ({"Host": "localhost:1"}, 200),
    ({"Origin": "https://evil.example"}, 403), ({"Sec_Fetch_Site": "cross-site"}, 403), ({"Origin": "null"}, 403),
    ({"Origin": "http://127.0.0.1:5173"}, 200),
])  # fmt: skip
def test_browsers_are_no_way_in(ask: Ask, headers: dict[str, str], status: int) -> None:
    """Neither by a name that points here, nor from a page of another site."""
    assert ask("GET", "/v1/clock", **headers)[0] == status
    assert ask("POST", "/v1/reset", **headers)[0] == (204 if status == 200 else status)


def test_the_token_is_asked_for() -> None:
    """By the API; pages and health need none, as receivers know none."""
    with mock_vendors(token="a-token") as client:
        for token in (None, "a-tokem", ""):
            with (
                closing(Client(client.url, token)) as other,
                pytest.raises(ApiError, match="Authorization: Bearer") as caught,
            ):
                other.clock()
            assert caught.value.status == 401
        assert client.clock()
        with closing(Client(client.url)) as other:
            for path in ("/health", "/ready", "/openapi.json"):
                assert other.call("GET", path)


def test_off_loopback_a_token_is_made_up() -> None:
    """Nobody in the network can use the server by chance."""
    with mock_vendors(host="0.0.0.0") as client, closing(Client(client.url)) as other:  # noqa: S104 (what is tested)
        assert client.clock()
        with pytest.raises(ApiError):
            other.clock()


def test_namespaces_do_not_see_each_other(mock_vendors: Client, catcher: Catcher, ask: Ask) -> None:
    """Neither integrations, deliveries, clocks nor numbers; header and prefix name the same ones."""
    one, two = mock_vendors.within("job-1"), mock_vendors.within("job-2")
    one.freeze("2020-01-01T00:00:00Z")
    one.integrate("luciq", catcher.url)
    one.trigger("luciq.apm")
    one.deliveries(1)

    assert two.deliveries() == []
    assert two.clock()["frozen"] is False
    assert two.integrate("luciq", catcher.url)["id"] == "integration-1"
    assert ask("GET", "/ns/job-1/v1/deliveries")[2]["matching"] == 1
    assert ask("GET", "/v1/deliveries", Hookproof_Namespace="job-1")[2]["matching"] == 1
    listed = {entry["name"] for entry in one.call("GET", "/v1/namespaces")["namespaces"]}
    assert {"job-1", "job-2"} <= listed
    one.reset()
    assert one.clock()["frozen"] is False
    assert one.call("GET", "/v1/integrations")["integrations"] == []
    assert len(two.call("GET", "/v1/integrations")["integrations"]) == 1
    for client in (one, two):
        client.delete()
    assert not {"job-1", "job-2"} & {entry["name"] for entry in one.call("GET", "/v1/namespaces")["namespaces"]}


def test_unused_namespaces_expire() -> None:
    """But not while something is on its way or planned in them."""
    from hookproof.contracts import default_library
    from hookproof.server.host import Host
    from hookproof.server.journal import Journal
    from hookproof.server.namespace import Setup

    async def work() -> None:
        journal = Journal()
        host = Host(Setup(default_library(), journal, "http://127.0.0.1:1"), expire=60)
        for name in ("idle", "busy", "fresh"):
            host.namespace(name).used -= 0 if name == "fresh" else 61
        host.namespaces["busy"].scheduled[1] = None  # type: ignore[assignment]
        await host.sweep()
        journal.close()
        assert set(host.namespaces) == {"busy", "fresh"}

    asyncio.run(work())


def test_waiting_ends_with_the_delivery_or_with_the_time(mock_vendors: Client, catcher: Catcher) -> None:
    """Not later than either; the client says what there was."""
    mock_vendors.integrate("luciq", catcher.url)
    found: list[Any] = []

    def wait() -> None:
        with closing(Client(mock_vendors.url, namespace=mock_vendors.namespace)) as client:
            found.extend(client.deliveries(2, wait=20))

    waiting = threading.Thread(target=wait)
    waiting.start()
    mock_vendors.trigger("luciq.apm", 2)
    waiting.join(10)

    assert [one["state"] for one in found] == ["delivered", "delivered"]
    with pytest.raises(NotEnoughError, match=r"waited 0\.05 seconds for 3 deliveries; there are 2") as caught:
        mock_vendors.deliveries(3, wait=0.05)
    assert len(caught.value.deliveries) == 2


def test_deliveries_are_found_by_what_they_are(mock_vendors: Client, catcher: Catcher) -> None:
    """Integration, event, state, page."""
    one = mock_vendors.integrate("luciq", catcher.url)
    mock_vendors.integrate("luciq", catcher.url + "/other")
    (event, _) = mock_vendors.trigger("luciq.apm", 2)
    mock_vendors.trigger("luciq.bug")
    mock_vendors.deliveries(6)

    assert len(mock_vendors.deliveries(integration=one["id"])) == 3
    assert len(mock_vendors.deliveries(event="luciq.bug")) == 2
    assert {found["event"] for found in mock_vendors.deliveries(event=event["id"])} == {event["id"]}
    assert [found["id"] for found in mock_vendors.deliveries(after="delivery-4")] == ["delivery-5", "delivery-6"]
    assert len(mock_vendors.deliveries(limit=2)) == 2
    assert mock_vendors.deliveries(state="failed") == []


def test_bytes_are_kept_as_they_were_sent_and_answered(mock_vendors: Client, catcher: Catcher, ask: Ask) -> None:
    """Also those that are not UTF-8."""
    catcher.answer = b"\xff\x00\xfe"
    mock_vendors.integrate("luciq", catcher.url, manner={"style": "rails"})
    mock_vendors.trigger("luciq.crash", variant="edge", set={"/Email": "\u00e9\u2028"})
    (delivery,) = mock_vendors.deliveries(1)
    place = f"/v1/deliveries/{delivery['id']}/attempts/1"

    assert ask("GET", f"{place}/request")[2] == catcher.bodies[0]
    assert ask("GET", f"{place}/response")[2] == catcher.answer
    assert delivery["attempts"][0]["response"]["body_base64"] == "/wD+"
    assert ask("GET", "/v1/deliveries/delivery-1/attempts/2/request")[0] == 404


def test_redelivery_is_the_same_to_the_byte(mock_vendors: Client, catcher: Catcher) -> None:
    """Headers in their order too; what once was delivered stays so."""
    mock_vendors.integrate("luciq", catcher.url, secret=SECRET)
    catcher.statuses = [500, 200, 500]
    mock_vendors.trigger("luciq.crash")
    (delivery,) = mock_vendors.deliveries(1)
    assert delivery["state"] == "failed"
    assert mock_vendors.redeliver(delivery["id"])["state"] == "delivered"
    last = mock_vendors.redeliver(delivery["id"])

    assert last["state"] == "delivered"
    assert [attempt["response"]["status"] for attempt in last["attempts"]] == [500, 200, 500]
    assert len({(tuple(one.headers), one.body) for one in catcher.caught}) == 1


def test_what_is_on_its_way_is_not_sent_again(mock_vendors: Client, catcher: Catcher) -> None:
    """Nor what belongs to an integration that is gone; its deliveries can still be looked at."""
    mock_vendors.freeze()
    one = mock_vendors.integrate("bugsplat", catcher.url)
    mock_vendors.trigger("bugsplat.notification", 2)
    mock_vendors.deliveries(1)
    with pytest.raises(ApiError, match="still on its way"):
        mock_vendors.redeliver("delivery-4")
    mock_vendors.remove(one["id"])

    with pytest.raises(ApiError, match="is gone"):
        mock_vendors.redeliver("delivery-1")
    assert [found["state"] for found in mock_vendors.deliveries()] == ["delivered", "dropped", "dropped", "dropped"]


def test_news_come_as_server_sent_events(mock_vendors: Client, catcher: Catcher) -> None:
    """Everything that happens; a reader that comes back gets what it has missed."""
    parts = urlsplit(mock_vendors.url)

    def listen(after: str, wanted: int) -> list[tuple[str, str, dict[str, Any]]]:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        headers = {"Hookproof-Namespace": mock_vendors.namespace, "Last-Event-ID": after}
        connection.request("GET", "/v1/stream", headers=headers)
        answer = connection.getresponse()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        news: list[tuple[str, str, dict[str, Any]]] = []
        entry: dict[str, str] = {}
        while len(news) < wanted:
            line = answer.readline().decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                entry[name] = value
            elif "data" in entry:
                news.append((entry["id"], entry["event"], json.loads(entry["data"])))
                entry = {}
        connection.close()
        return news

    one = mock_vendors.integrate("luciq", catcher.url)
    mock_vendors.trigger("luciq.apm")
    mock_vendors.deliveries(1)
    mock_vendors.freeze()
    news = listen("0", 5)
    assert [kind for _, kind, _ in news] == [
        "integration.created", "event.happened", "delivery.attempted", "delivery.delivered", "clock.changed",
    ]  # fmt: skip
    assert news[0][2] == {"integration": one["id"], "vendor": "luciq"}
    assert listen(news[2][0], 2) == news[3:]


def test_what_waits_is_limited(catcher: Catcher) -> None:
    """And what is refused is not half there."""
    with mock_vendors(max_pending=100) as client:
        client.freeze()
        client.integrate("bugsplat", catcher.url)
        client.trigger("bugsplat.notification", 45)
        client.deliveries(1)
        with pytest.raises(ApiError, match="at most 100 may be") as caught:
            client.trigger("bugsplat.notification", 10)

        assert caught.value.status == 429
        assert client.call("GET", "/v1/namespace")["pending"] == 89
        assert client.call("GET", "/v1/deliveries?limit=1")["matching"] == 90


def test_what_is_planned_is_limited_too(catcher: Catcher) -> None:
    """As is what the next moment may bring."""
    with mock_vendors(max_pending=100) as client:
        client.integrate("luciq", catcher.url)
        client.trigger("luciq.apm", 90, after="1h")
        with pytest.raises(ApiError, match="at most 100 may be"):
            client.trigger("luciq.apm", 20, after="1h")
        assert client.call("GET", "/v1/namespace")["scheduled"] == 90


def test_finished_deliveries_are_forgotten_in_time(catcher: Catcher) -> None:
    """The newest are kept, with their attempts and events."""
    with mock_vendors(keep=20) as client:
        client.integrate("luciq", catcher.url)
        client.trigger("luciq.apm", 60)
        client.trigger("luciq.apm", 1)
        last = client.delivery("delivery-61", attempts=1)

        kept = client.deliveries()
        assert 20 <= len(kept) <= 30
        assert kept[-1]["id"] == last["id"]
        assert all(one["attempts"] for one in kept)
        with pytest.raises(ApiError):
            client.delivery("delivery-1")


def test_health_and_readiness(ask: Ask) -> None:
    """With the version."""
    assert ask("GET", "/health")[2]["status"] == "ok"
    assert ask("GET", "/ready")[0] == 200


def test_a_database_that_cannot_be_written_accepts_nothing(tmp_path: Path, catcher: Catcher) -> None:
    """It says so, is not ready, and goes on when there is room again."""
    from hookproof.server import journal

    full = threading.Event()
    commit = journal.Journal._commit

    def limited(self: Any, operations: Any) -> None:
        if full.is_set():
            import sqlite3

            raise sqlite3.OperationalError("database or disk is full")
        commit(self, operations)

    journal.Journal._commit = limited  # type: ignore[method-assign]
    try:
        with mock_vendors(db=tmp_path / "journal.db") as client:
            client.integrate("luciq", catcher.url)
            full.set()
            with pytest.raises(ApiError, match="the disk is full") as caught:
                client.trigger("luciq.apm")
            assert caught.value.status == 507
            with pytest.raises(ApiError):
                client.call("GET", "/ready")
            assert catcher.caught == []
            full.clear()
            client.trigger("luciq.apm")
            assert len(client.deliveries(1)) == 1
            assert client.call("GET", "/ready")
    finally:
        journal.Journal._commit = commit  # type: ignore[method-assign]
