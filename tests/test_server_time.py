"""Time as the namespace has it: batches, limits of rate, retries and scenarios of days, in milliseconds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from catcher import Catcher

from hookproof.client import ApiError, Client

START = "2026-03-01T09:00:00Z"
BASIC = "hooks:pw"


@pytest.fixture
def vendors(mock_vendors: Client) -> Client:
    """A namespace whose time stands still."""
    mock_vendors.freeze(START)
    return mock_vendors


def dues(vendors: Client, **filters: Any) -> list[str]:
    return [one["due"][11:19] for one in vendors.deliveries(**filters)]


def test_real_time_is_the_default(mock_vendors: Client, catcher: Catcher) -> None:
    """And frozen time cannot be told to go on before it stands still."""
    mock_vendors.integrate("luciq", catcher.url)
    mock_vendors.trigger("luciq.apm")
    mock_vendors.trigger("luciq.apm", after=0.1)

    assert len(mock_vendors.deliveries(2)) == 2
    assert mock_vendors.clock()["frozen"] is False
    with pytest.raises(ApiError, match="freeze it first"):
        mock_vendors.advance(5)


def test_a_batch_holds_one_request_for_each_group(vendors: Client, catcher: Catcher) -> None:
    """The newest state of each; nothing leaves before the batch is closed; the next batch is another one."""
    vendors.integrate("backtrace", catcher.url, credentials=BASIC, event="trace")
    events = [event for group in "abaa" for event in vendors.trigger("backtrace.group", group=group)]
    vendors.advance(4)
    assert catcher.caught == []
    vendors.advance(1)

    found = [json.loads(body) for body in catcher.bodies]
    assert [payload["occurrences"] for payload in found] == [3, 1]
    assert [event["deliveries"] for event in events] == [["delivery-1"], ["delivery-2"], ["delivery-1"], ["delivery-1"]]
    vendors.trigger("backtrace.group", group="a")
    vendors.advance()
    assert dues(vendors) == ["09:00:05", "09:00:05", "09:00:10"]


def test_one_notification_a_minute(vendors: Client, catcher: Catcher) -> None:
    """What exceeds the limit waits; each carries the time at which it happened."""
    vendors.integrate("bugsplat", catcher.url, new_group=False)
    vendors.trigger("bugsplat.notification", count=4, every=1)
    vendors.advance()

    assert dues(vendors) == ["09:00:00", "09:01:00", "09:02:00", "09:03:00"]
    assert [json.loads(body)["received"][11:19] for body in catcher.bodies] == [
        "09:00:00", "09:00:01", "09:00:02", "09:00:03",
    ]  # fmt: skip
    assert vendors.clock()["now"] == "2026-03-01T09:03:00.000Z"


def test_no_retries_unless_the_tester_asks(vendors: Client, catcher: Catcher) -> None:
    """No vendor documents any."""
    vendors.integrate("luciq", catcher.url)
    catcher.statuses = [500]
    vendors.trigger("luciq.apm")
    vendors.advance()

    (delivery,) = vendors.deliveries()
    assert (delivery["state"], len(delivery["attempts"])) == ("failed", 1)


def test_retries_keep_their_schedule_and_their_bytes(vendors: Client, catcher: Catcher) -> None:
    """Until one is accepted."""
    vendors.integrate("luciq", catcher.url, manner={"retries": [60, 3600, 86400]})
    catcher.statuses = [500, 503]
    vendors.trigger("luciq.apm")
    vendors.advance()

    (delivery,) = vendors.deliveries()
    assert delivery["state"] == "delivered"
    assert [attempt["started"][:19] for attempt in delivery["attempts"]] == [
        "2026-03-01T09:00:00", "2026-03-01T09:01:00", "2026-03-01T10:01:00",
    ]  # fmt: skip
    assert [attempt["response"]["status"] for attempt in delivery["attempts"]] == [500, 503, 200]
    assert len(set(catcher.bodies)) == 1


@pytest.mark.parametrize("vendor", ["luciq", "instabug", "backtrace", "bugsplat", "betterbugs"])
def test_a_release_regresses(vendors: Client, catcher: Catcher, vendor: str) -> None:
    """Three days pass at once; groups appear, grow, are seen again; every receiver hears it in order of time."""
    further: dict[str, Any] = {"credentials": BASIC, "event": "trace"} if vendor == "backtrace" else {}
    vendors.integrate(vendor, catcher.url, **further)
    catcher.caught.clear()
    run = vendors.run("a-release-regresses")
    vendors.advance()

    events = vendors.call("GET", f"/v1/events?run={run['run']}&limit=1000")["events"][::-1]
    assert len(events) == run["events"]
    assert all(event["state"] == "happened" for event in events)
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    seen: dict[str, int] = {}
    for event in events:
        assert event["seen"] > seen.get(event["group"], 0)
        assert event["occasion"] == ("again" if event["group"] in seen else "new")
        seen[event["group"]] = event["seen"]
    deliveries = [one for one in vendors.deliveries() if one["purpose"] == "event"]
    assert all(one["state"] == "delivered" for one in deliveries)
    assert len(deliveries) == len([body for body in catcher.bodies if body != b"{}"])
    assert vendors.clock()["now"] >= "2026-03-04T09:00:00"


def test_a_group_stays_itself_through_a_scenario(vendors: Client, catcher: Catcher) -> None:
    """Same fingerprint and address, growing counts, a higher version after a release."""
    vendors.integrate("backtrace", catcher.url, credentials=BASIC, event="trace")
    vendors.run("a-release-regresses")
    vendors.advance()

    groups: dict[str, list[dict[str, Any]]] = {}
    for body in catcher.bodies:
        payload = json.loads(body)
        groups.setdefault(payload["fingerprint"], []).append(payload)
    assert len(groups) == 2
    for payloads in groups.values():
        counts = [payload["occurrences"] for payload in payloads]
        assert counts == sorted(set(counts))
        assert len({payload["group_url"] for payload in payloads}) == 1
        assert len({payload["timestamp"][0] for payload in payloads}) == 1
        times = [payload["timestamp"][1] for payload in payloads]
        assert times == sorted(set(times))


def test_scenarios_of_ones_own(vendors: Client, catcher: Catcher) -> None:
    """Given in the request; each vendor tells what it has words for."""
    vendors.integrate("luciq", catcher.url)
    vendors.integrate("bugsplat", catcher.url, new_report=False)
    steps = [{"after": "1h", "crash": "x", "times": 2, "every": "30m"}, {"after": "2h", "bug": "y"}]
    run = vendors.run({"title": "Mine", "steps": steps})
    vendors.advance()

    assert (run["title"], run["events"], run["ends"]) == ("Mine", 5, "2026-03-01T11:00:00.000Z")
    assert sorted(one["name"] for one in vendors.deliveries()) == [
        "bugsplat.notification", "luciq.bug", "luciq.crash", "luciq.crash",
    ]  # fmt: skip


@pytest.mark.parametrize(("scenario", "told"), [
    ("a-release-regreses", "did you mean a-release-regresses?"),
    ({"steps": [{"after": "soon", "crash": "x"}]}, "'soon' is not a duration"),
    ({"steps": [{"after": "1h"}]}, "step 1: say what it is about"),
    ({"steps": [{"crash": "x", "tmies": 3}]}, "did you mean times?"),
    ({"steps": [{"crash": "x", "status": "shut"}]}, "step 1"),
    ({"steps": [{"crash": "x", "times": 10000}] * 2}, "at most 10000 occurrences"),
    ({"steps": [{"crash": "x", "times": "3"}]}, "times is a number"),
])  # fmt: skip
def test_scenarios_that_cannot_be_played(vendors: Client, catcher: Catcher, scenario: Any, told: str) -> None:
    """The problem says which step, and what was expected."""
    vendors.integrate("luciq", catcher.url)
    with pytest.raises(ApiError) as caught:
        vendors.run(scenario)

    assert told in str(caught.value)
    assert vendors.call("GET", "/v1/events")["events"] == []


def test_same_calls_same_bytes(vendors: Client, catcher: Catcher) -> None:
    """In whatever namespace; another seed gives other bytes."""
    runs = []
    for name, seed in (("one", 0), ("two", 0), ("three", "other")):
        world = vendors.within(name)
        world.freeze(START)
        world.seed(seed)
        world.integrate("luciq", catcher.url, secret="d8yyxj7srjqf5xyih8ay")
        catcher.caught.clear()
        world.run("a-quiet-week")
        world.advance()
        runs.append(catcher.bodies)
        world.delete()

    assert runs[0] == runs[1]
    assert len(runs[0]) == 6
    assert not set(runs[0]) & set(runs[2])


def test_time_goes_to_a_moment_or_until_all_is_done(vendors: Client, catcher: Catcher) -> None:
    """Never back, and never to nonsense."""
    vendors.integrate("luciq", catcher.url)
    vendors.trigger("luciq.apm", after="2d", count=2, every="1d")

    assert vendors.advance("1d 12h")["next"] == "2026-03-03T09:00:00.000Z"
    assert vendors.advance(to="2026-03-03T09:00:00Z")["waiting"] == 1
    assert vendors.advance()["now"] == "2026-03-04T09:00:00.000Z"
    assert len(catcher.caught) == 2
    for wrong in ({"to": "2020-01-01T00:00:00Z"}, {"by": "a while"}, {"to": "tomorrow"}, {"by": -5}, {}):
        with pytest.raises(ApiError):
            vendors.call("POST", "/v1/clock/advance", wrong)
    assert vendors.release()["frozen"] is False
