"""Stories that continue: what lasts stays the same, what counts never shrinks, time goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof import validate
from hookproof.contracts import Contract, Event, default_library
from hookproof.generator import Generator, Moment
from hookproof.story.thread import Thread

FIRST = datetime(2026, 3, 1, 9, tzinfo=UTC)
LASTING = {
    "luciq.crash": ["Exception", "Number", "URL", "Image Attachments"],
    "instabug.crash": ["Exception", "Number", "URL"],
    "luciq.bug": ["Title", "URL", "Private URL", "Type"],
    "luciq.apm": ["title", "trigger", "test_value", "application"],
    "backtrace.group": ["fingerprint", "callstack", "group_url", "universe", "application"],
    "bugsplat.notification": ["stackKeyId", "stackKeyName", "database", "exceptionCode", "mfa"],
    "betterbugs.bug": ["bugId", "projectId", "workspaceId", "createdAt", "title", "sessionUrl"],
}


def told(name: str, *steps: tuple[int, int], key: str = "checkout", **further: Any) -> list[dict[str, Any]]:
    """The payloads of a thread at steps of (days later, times seen)."""
    generator = Generator(*default_library().event(name), "thread")
    return [
        generator.payload(
            index, Moment(FIRST + timedelta(days=day), Thread("acme", key, first=FIRST, seen=seen, **further))
        )
        for index, (day, seen) in enumerate(steps)
    ]


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_stays_the_same_and_the_rest_differs(name: str) -> None:
    """A receiver sees the same group, bug or rule again, not a copy of the same delivery."""
    first, later = told(name, (0, 1), (3, 9))

    for member in LASTING[name]:
        assert first.get(member) == later.get(member), member
    assert first != later


@pytest.mark.parametrize("name", [name for name in LASTING if not name.endswith(".apm")])
def test_other_threads_are_about_something_else(name: str) -> None:
    """Two groups of one app do not share what identifies them; an alert has an id each time."""
    _, event = default_library().event(name)
    member = event.identity.value[0].removeprefix("/")

    assert told(name, (0, 1))[0].get(member) != told(name, (0, 1), key="login")[0].get(member)


def test_threaded_payloads_keep_the_contract(each_event: tuple[Contract, Event]) -> None:
    """By the strict profile, as all payloads."""
    for payload in told(each_event[1].name, (0, 1), (1, 2), (2, 5000), status="closed", release=2):
        assert validate(payload, each_event[1].name, strict=True) == []


@given(st.lists(st.integers(1, 100_000), min_size=2, max_size=6))
def test_no_count_of_a_group_ever_shrinks(seen: list[int]) -> None:
    """Not the occurrences, not the hosts, not a value in a histogram; and sums stay within the occurrences."""
    payloads = told("backtrace.group", *((day, times) for day, times in enumerate(sorted(seen))))

    for before, after in pairwise(payloads):
        for counter in ("occurrences", "hosts", "guids"):
            assert before[counter] <= after[counter]
        assert int(before["object_id"], 16) <= int(after["object_id"], 16)
        assert before["timestamp"][0] == after["timestamp"][0] <= before["timestamp"][1] < after["timestamp"][1]
        for attribute, histogram in before.get("attributes", {}).items():
            later = dict(after["attributes"][attribute])
            assert all(count <= later[value] for value, count in histogram)
            assert sum(later.values()) <= after["occurrences"]


def test_releases_raise_the_version() -> None:
    """Of the same app."""
    old, new = told("bugsplat.notification", (0, 1))[0], told("bugsplat.notification", (0, 1), release=1)[0]

    assert old["application"] == new["application"]
    assert [int(part) for part in old["version"].split(".")] < [int(part) for part in new["version"].split(".")]


def test_projects_share_their_workspace() -> None:
    """And differ in their ids."""
    web, app = (told("betterbugs.bug", (0, 1), project=name)[0] for name in ("web", "app"))

    assert web["workspaceId"] == app["workspaceId"]
    assert web["projectId"] != app["projectId"]
    assert web["projectId"] in web.get("screenshotUrl", web["projectId"])


def test_a_bug_is_closed() -> None:
    """In its vendor's words."""
    assert told("betterbugs.bug", (0, 1), (2, 2), status="closed")[1]["status"] == "CLOSED"
    assert told("luciq.crash", (0, 1), status="in-progress")[0]["Status"] == "In-progress"
