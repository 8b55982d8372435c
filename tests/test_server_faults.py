"""Faults on deliveries: on purpose, the same for the same seed, and written down."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from catcher import Catcher

from hookproof.client import ApiError, Client
from hookproof.delivery.faults import FAULTS

SECRET, OTHER = "d8yyxj7srjqf5xyih8ay", "anothersecret0123456"
HEADER = "x-lcq-signature-256"


@pytest.fixture
def vendors(mock_vendors: Client) -> Client:
    """A namespace whose time stands still."""
    mock_vendors.freeze("2026-03-01T09:00:00Z")
    return mock_vendors


def sign(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def deliver(vendors: Client, catcher: Catcher, *faults: Any, event: str = "luciq.apm") -> dict[str, Any]:
    vendors.integrate("luciq", catcher.url, secret=SECRET, manner={"timeout": 2})
    vendors.trigger(event, faults=list(faults))
    vendors.advance()
    return vendors.deliveries()[0]


def test_all_faults_are_listed(vendors: Client) -> None:
    """With what they do."""
    listed = vendors.call("GET", "/v1/faults")["faults"]

    assert {entry["name"] for entry in listed} == set(FAULTS)


def test_the_delivery_says_what_went_wrong_and_what_was_sent(vendors: Client, catcher: Catcher) -> None:
    """The request is what it should have been, the attempt what it was."""
    delivery = deliver(vendors, catcher, "tamper")
    attempt, arrived = delivery["attempts"][0], catcher.caught[0]

    assert delivery["faults"] == [{"name": "tamper", "percent": 100, "attempts": 0}]
    assert attempt["faults"] == ["tamper"]
    assert attempt["request"]["body"].encode() == arrived.body != delivery["request"]["body"].encode()
    assert arrived.header(HEADER) == sign(delivery["request"]["body"].encode()) != sign(arrived.body)


@pytest.mark.parametrize(("fault", "right"), [
    ("wrong-signature", False), ("missing-signature", False), ("other-secret", False), ("wrong-header", False),
    ("chunked", True), ("slow", True), ("wrong-content-type", True),
])  # fmt: skip
def test_signatures_and_wires(vendors: Client, catcher: Catcher, fault: str, right: bool) -> None:
    """Some faults break the signature, others only the way it travels."""
    deliver(vendors, catcher, fault)
    arrived = catcher.caught[0]

    assert (arrived.header(HEADER) == sign(arrived.body)) is right


def test_the_old_secret_is_the_one_before(vendors: Client, catcher: Catcher) -> None:
    """As during a rotation; before there was one, the delivery fails and says so."""
    one = vendors.integrate("luciq", catcher.url, secret=OTHER)
    vendors.trigger("luciq.apm", faults=["old-secret"])
    (failed,) = vendors.deliveries(1)
    vendors.change(one["id"], settings={"secret": SECRET})
    vendors.trigger("luciq.apm", faults=["old-secret"])
    vendors.deliveries(2)

    assert (failed["state"], failed["attempts"]) == ("failed", [])
    assert catcher.caught[0].header(HEADER) == sign(catcher.caught[0].body, OTHER)


def test_a_duplicate_is_two_attempts(vendors: Client, catcher: Catcher) -> None:
    """Of the same bytes."""
    delivery = deliver(vendors, catcher, "duplicate")

    assert len(delivery["attempts"]) == len(catcher.caught) == 2
    assert len(set(catcher.bodies)) == 1


def test_a_drop_is_never_sent(vendors: Client, catcher: Catcher) -> None:
    """And can be sent by hand later."""
    delivery = deliver(vendors, catcher, "drop")
    assert (delivery["state"], catcher.caught) == ("dropped", [])

    again = vendors.redeliver(delivery["id"])
    assert again["state"] == "delivered"
    assert catcher.bodies == [delivery["request"]["body"].encode()]


def test_a_delay_is_time_of_the_namespace(vendors: Client, catcher: Catcher) -> None:
    """So it takes no time under frozen time, and is over when time has gone on."""
    vendors.integrate("luciq", catcher.url, secret=SECRET)
    vendors.trigger("luciq.apm", faults=["delay"])
    assert vendors.advance(0.1)["waiting"] == 1
    vendors.advance(1)

    (delivery,) = vendors.deliveries()
    assert delivery["state"] == "delivered"
    assert "2026-03-01T09:00:00.2" <= delivery["due"] <= "2026-03-01T09:00:01.001"


def test_reorder_lets_the_next_one_go_first(vendors: Client, catcher: Catcher) -> None:
    """One that nothing follows is sent after a second."""
    vendors.integrate("luciq", catcher.url)
    vendors.trigger("luciq.apm", faults=["reorder"])
    vendors.trigger("luciq.apm")
    vendors.trigger("luciq.apm", faults=["reorder"])
    vendors.advance()

    sent = {one["request"]["body"]: one["id"] for one in vendors.deliveries(3)}
    assert [sent[body.decode()] for body in catcher.bodies] == ["delivery-2", "delivery-1", "delivery-3"]


@pytest.mark.parametrize(("fault", "told"), [("reset", "reset on purpose"), ("truncate", None)])
def test_bodies_that_end_early(vendors: Client, catcher: Catcher, fault: str, told: str | None) -> None:
    """One breaks the connection, the other has a length that fits."""
    delivery = deliver(vendors, catcher, fault, event="luciq.crash")
    attempt = delivery["attempts"][0]

    assert (delivery["state"] == "failed") is (told is not None)
    assert (told or "") in (attempt["trouble"] or "")
    if told is None:
        assert len(catcher.bodies[0]) < len(delivery["request"]["body"])


def test_a_fault_can_spoil_the_first_attempts_alone(vendors: Client, catcher: Catcher) -> None:
    """So that a retry succeeds."""
    manner = {"faults": [{"name": "reset", "attempts": 2}], "retries": [5, 5, 5]}
    vendors.integrate("luciq", catcher.url, secret=SECRET, manner=manner)
    vendors.trigger("luciq.apm")
    vendors.advance()

    (delivery,) = vendors.deliveries()
    assert delivery["state"] == "delivered"
    assert [attempt["faults"] for attempt in delivery["attempts"]] == [["reset"], ["reset"], []]


def test_percentages_hit_the_same_deliveries_each_time(vendors: Client, catcher: Catcher) -> None:
    """By the seed: in a namespace of another name too."""
    hits = []
    for name in ("one", "two"):
        world = vendors.within(name)
        world.integrate("luciq", catcher.url, manner={"faults": [{"name": "drop", "percent": 30}]})
        world.trigger("luciq.apm", 100)
        hits.append([one["state"] == "dropped" for one in world.deliveries(100)])
        world.delete()

    assert hits[0] == hits[1]
    assert 10 < sum(hits[0]) < 50


def test_a_receiver_that_hangs_costs_its_timeout(vendors: Client, catcher: Catcher) -> None:
    """And the attempt says that there was no answer."""
    catcher.delay = 0.6
    vendors.integrate("luciq", catcher.url, manner={"timeout": 0.2})
    vendors.trigger("luciq.apm")

    (delivery,) = vendors.deliveries(1)
    assert "no answer within 0.2 seconds" in delivery["attempts"][0]["trouble"]
    assert delivery["attempts"][0]["state"] == "broken"


def test_a_receiver_that_breaks_off(vendors: Client) -> None:
    """Closes the connection without an answer, or answers something that is no HTTP."""
    import socket
    import threading

    for answer, told in ((b"", "closed the connection without an answer"), (b"hello\r\n\r\n", "not HTTP/1.1")):
        with socket.create_server(("127.0.0.1", 0)) as listening:

            def serve(listening: socket.socket = listening, answer: bytes = answer) -> None:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

            thread = threading.Thread(target=serve)
            thread.start()
            vendors.integrate("luciq", f"http://127.0.0.1:{listening.getsockname()[1]}/", products=["apm"])
            vendors.trigger("luciq.apm")
            thread.join(10)
            (delivery,) = vendors.deliveries(1)
            assert told in delivery["attempts"][0]["trouble"]
        vendors.reset()


def test_unknown_faults(vendors: Client, catcher: Catcher) -> None:
    """The nearest one is named."""
    with pytest.raises(ApiError, match="did you mean tamper"):
        vendors.integrate("luciq", catcher.url, manner={"faults": ["tampre"]})
    vendors.integrate("luciq", catcher.url)
    with pytest.raises(ApiError, match="did you mean duplicate"):
        vendors.trigger("luciq.apm", faults=["duplicat"])
