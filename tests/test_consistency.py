"""Payloads are consistent inside: what belongs together, belongs together, for any seed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookproof.contracts import default_library
from hookproof.generator import Generator, Options
from hookproof.story import words
from hookproof.validation import validate

seeds = st.integers(0, 10**9)
thousands = settings(max_examples=1000)
telling = pytest.mark.parametrize("variant", ["typical", "full", "edge"])


def payload(event: str, seed: int, variant: str) -> dict[str, Any]:
    contract, found = default_library().event(event)
    return Generator(contract, found, seed, Options(variant=variant)).payload(0)


def stamp(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)


def logged(text: str) -> list[datetime]:
    """The times of a log's lines; text of lines that span several is passed over."""
    return [stamp(found) for found in re.findall(r"(?m)^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) ", text)]


@pytest.mark.parametrize("event", ["luciq.crash", "luciq.bug", "instabug.crash", "instabug.bug"])
@given(seed=seeds)
@thousands
def test_a_device_has_its_own_os_screen_density_and_memory(event: str, seed: int) -> None:
    """Every figure of a device is one that its model has."""
    told = payload(event, seed, "full")
    model, _, system = told["Device"].rpartition(", ")
    os, _, version = system.partition(" ")
    family = words.table("devices")[os.lower()]
    device = next(entry for entry in family["models"] if entry["model"] == model)

    assert version in family["versions"]
    if "Screen Size" in told:
        assert told["Screen Size"] == device["screen"]
        assert told["Density"] == device["density"]
    if "Memory" in told:
        used, total = told["Memory"].removesuffix(" MB").split("/")
        assert float(total) == device["memory"]
        assert float(used) <= float(total)
        used, total = told["Storage"].removesuffix(" GB").split("/")
        assert int(total) in device["storage"]
        assert float(used) <= float(total)


@telling
@pytest.mark.parametrize("event", ["luciq.crash", "luciq.bug", "instabug.crash"])
@given(seed=seeds)
@settings(max_examples=350)
def test_logs_and_steps_span_the_session_and_end_with_the_report(event: str, variant: str, seed: int) -> None:
    """Lines are in order, from the start of the session to the moment of the report."""
    told = payload(event, seed, variant)
    if not {"Reported At", "Duration"} <= told.keys():
        return
    ended = stamp(told["Reported At"].removesuffix(" UTC") + ".0")
    began = ended - timedelta(seconds=told["Duration"])
    for field in ("Console Log", "Luciq Log", "Instabug Log", "User Steps"):
        times = logged(told.get(field, ""))
        assert times == sorted(times)
        if len(times) > 1:
            assert times[0] == began
        assert not times or times[-1] == ended


@given(seed=seeds)
@thousands
def test_the_current_view_is_the_last_one_shown(seed: int) -> None:
    """The screen named in the crash is the one that the last step leads to."""
    told = payload("luciq.crash", seed, "full")

    assert told["User Steps"].splitlines()[-1].endswith(f" - Top View: {told['Current View']}")


@given(seed=seeds)
@thousands
def test_the_place_of_an_exception_belongs_to_its_runtime(seed: int) -> None:
    """An exception of iOS is raised in Objective-C, one of Android in Kotlin, on such a device."""
    told = payload("luciq.crash", seed, "full")
    runtime = "ios" if ", iOS " in told["Device"] else "android"
    entry = words.table("crashes")[runtime]

    assert told["Exception"].split(": ")[0] in [exception["name"] for exception in entry["exceptions"]]
    assert re.search(rf" in \w+\.{entry['file'].rpartition('.')[2]}:\d+$", told["Exception"])


@telling
@given(seed=seeds)
@settings(max_examples=700)
def test_a_group_adds_up(variant: str, seed: int) -> None:
    """First is not after last, no histogram counts more than there were, no more hosts than crashes."""
    told = payload("backtrace.group", seed, variant)
    first, last = told["timestamp"]

    assert first <= last
    assert told["hosts"] <= told["occurrences"]
    assert told["guids"] <= told["occurrences"]
    assert told["href"].rstrip("/").split("//")[1].split(".")[0] == told["universe"]
    for pairs in told.get("attributes", {}).values():
        assert sum(count for _, count in pairs) <= told["occurrences"]
        values = [value for value, _ in pairs]
        assert len(values) == len(set(values))


def test_a_fingerprint_is_a_function_of_the_callstack() -> None:
    """Over thousands of groups of all variants, one callstack never has two fingerprints."""
    seen: dict[str, str] = {}
    contract, event = default_library().event("backtrace.group")
    for variant in ("typical", "full", "edge", "coverage"):
        generator = Generator(contract, event, "fingerprints", Options(variant=variant))
        for index in range(generator.size or 1000):
            told = generator.payload(index)
            if "callstack" in told:
                stack = json.dumps(told["callstack"])
                assert seen.setdefault(stack, told["fingerprint"]) == told["fingerprint"]
    assert len(set(seen.values())) == len(seen)


@telling
@given(seed=seeds)
@settings(max_examples=500)
def test_a_report_in_xml_says_what_the_fields_say(variant: str, seed: int) -> None:
    """reportXml is well-formed and names the same exception, stack and version."""
    told = payload("bugsplat.notification", seed, variant)
    report = ElementTree.fromstring(told["reportXml"])  # noqa: S314 (our own)
    exception = report.find("process/exception")
    assert exception is not None

    assert same(exception.findtext("explanation"), told["exceptionMessage"])
    assert same(exception.findtext("code"), told["exceptionCode"])
    assert same(report.findtext("process/version"), told["version"])
    frames = report.findall("process/threads/thread/frame")
    symbols = [frame.findtext("symbol") for frame in frames]
    listed = told["debugOutput"].partition("\n")[2]
    if variant != "edge":
        assert [line.strip() for line in listed.splitlines()[:-1]] == symbols
        assert exception.findtext("func") in symbols
        assert f"!{exception.findtext('func')}({exception.findtext('line')})" in told["stackKeyName"]
    assert report.find(f"process/threads/thread[@framecount='{len(frames)}']") is not None


def same(read: str | None, told: str) -> bool:
    """Compare as XML reads: line ends become newlines, and what XML 1.0 cannot hold U+FFFD."""
    clean = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", told)
    return (read or "") == clean.replace("\r\n", "\n").replace("\r", "\n")


@telling
@given(seed=seeds)
@settings(max_examples=500)
def test_identifiers_carry_their_time_and_urls_their_identifiers(variant: str, seed: int) -> None:
    """An ObjectId begins with the second of its creation; the URLs of a bug hold its ids."""
    told = payload("betterbugs.bug", seed, variant)
    created = datetime.fromisoformat(told["createdAt"])

    assert int(told["bugId"][:8], 16) == int(created.timestamp())
    assert int(told["projectId"][:8], 16) <= int(told["bugId"][:8], 16)
    assert created <= datetime.fromisoformat(told["updatedAt"])
    assert told["sessionUrl"].endswith(f"/session/{told['bugId']}")
    if "screenshotUrl" in told:
        path = f"/workspace/{told['workspaceId']}/{told['projectId']}/{told['bugId']}/s-"
        millis = int(told["screenshotUrl"].partition(path)[2].split("-")[0])
        assert millis == round(created.timestamp() * 1000)


@given(seed=seeds)
@settings(max_examples=500)
def test_an_alert_has_crossed_its_threshold(seed: int) -> None:
    """The current value is on the side of the threshold that the rule names."""
    told = payload("luciq.apm", seed, "full")
    current = float(re.match(r"[\d.]+", told["current_value"]).group())  # type: ignore[union-attr]
    less = "less than" in told["trigger_operator"]

    assert (current < told["test_value"]) if less else (current > told["test_value"])
    assert told["trigger_operator"].endswith(f"within {told['duration']}")


@pytest.mark.parametrize("variant", ["typical", "minimal", "full", "edge"])
@pytest.mark.parametrize("event", default_library().event_names())
@given(seed=seeds)
@settings(max_examples=120)
def test_every_payload_keeps_both_profiles(event: str, variant: str, seed: int) -> None:
    """What is generated is what a receiver must accept, and what we promise to generate."""
    _, found = default_library().event(event)
    told = payload(event, seed, variant)

    assert validate(told, found, "generated") == []
    assert validate(told, found, "accepted") == []
