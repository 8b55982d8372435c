"""A group of crashes that share a stack, counted over time and over what their reporters have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hookproof.story import words
from hookproof.story.crash import Crash
from hookproof.story.draw import Draw
from hookproof.story.thread import Thread
from hookproof.story.world import App

Histogram = list[list[str | int]]


@dataclass(slots=True)
class Group:
    """A group of crashes.

    Attributes:
        first, last: when its first and its newest crash were seen; whole seconds, UTC, first not after last.
        object_id: its newest crash, hexadecimal.
        histograms: attribute to pairs of value and count; the counts of one attribute sum to at most ``occurrences``.
        key, parent, report: ids of the group, of the group it was split from, and of its newest report.
        new: the newest crash is the first of its group.
    """

    first: datetime
    last: datetime
    occurrences: int
    hosts: int
    guids: int
    object_id: str
    histograms: dict[str, Histogram]
    key: int
    parent: int
    report: int
    new: bool


def histogram(draw: Draw, values: list[str], total: int) -> Histogram:
    """Share at most ``total`` among the values, most frequent first; values that get nothing are left out."""
    left = total
    counts = []
    for value in values[:-1]:
        share = draw.below(left + 1)
        counts.append((value, share))
        left -= share
    counts.append((values[-1], left if draw.chance(80) else draw.below(left + 1)))
    return [[value, count] for value, count in sorted(counts, key=lambda pair: -pair[1]) if count]


def group(draw: Draw, at: datetime, app: App, crash: Crash, thread: Thread | None = None) -> Group:
    """Draw the group that a crash belongs to, as it stands at that moment."""
    return _continued(thread, at, app, crash) if thread else _drawn(draw, at, app, crash)


def _continued(thread: Thread, at: datetime, app: App, crash: Crash) -> Group:
    """Tell how a group stands that was seen so often: what counts never shrinks, what names it stays."""
    lasting, seen = thread.lasting().fork(b"group"), thread.seen
    hosts = [f"{name}-{number}" for number, name in enumerate(lasting.pick(words.faker()["hosts"]) for _ in range(3))]
    values = {
        "version": [app.version],
        "environment": ["production", "staging", "devel"],
        "hostname": hosts,
        "error.type": [crash.name],
        "uname.sysname": [crash.os.split()[0]],
    }
    number = lasting.between(256, 0xFFFFF)
    return Group(
        first=thread.first.replace(microsecond=0),
        last=at.replace(microsecond=0),
        occurrences=seen,
        hosts=min(1 + (seen - 1) * lasting.between(10, 60) // 100, 500),
        guids=seen * lasting.between(10, 90) // 100,
        object_id=f"{number + seen:x}",
        histograms={name: shares(options, seen) for name, options in values.items()},
        key=lasting.between(1000, 99999),
        parent=lasting.between(1000, 99999),
        report=lasting.between(10000, 900000) + seen,
        new=thread.new,
    )


def shares(values: list[str], total: int) -> Histogram:
    """Share at most ``total`` among up to three values so that no count shrinks while the total grows."""
    counts = [total] if len(values) == 1 else [-(-total // 2), total // 3, total // 7]
    return [[value, count] for value, count in zip(values, counts, strict=False) if count]


def _drawn(draw: Draw, at: datetime, app: App, crash: Crash) -> Group:
    fake = words.faker()
    new = draw.chance(25)
    occurrences = 1 if new else draw.between(2, 40000)
    last = at.replace(microsecond=0)
    first = last if new else last - timedelta(seconds=draw.between(0, 90 * 86400))
    hosts = draw.between(1, min(occurrences, 500))
    machines = [draw.pick(fake["hosts"]) for _ in range(min(hosts, 4))]
    major, minor, _ = app.version.split(".", 2)
    versions = list(dict.fromkeys([app.version, f"{major}.{minor}.9", f"{major}.0.0"]))
    histograms: dict[str, Histogram] = {
        "version": histogram(draw, versions, occurrences),
        "environment": histogram(draw, ["production", "staging", "devel"], occurrences),
        "hostname": histogram(draw, list(dict.fromkeys(machines)), occurrences),
        "error.type": [[crash.name, occurrences]],
        "uname.sysname": [[crash.os.split()[0], occurrences]],
    }
    number = draw.between(256, 0xFFFFFF)
    return Group(
        first=first,
        last=last,
        occurrences=occurrences,
        hosts=hosts,
        guids=draw.between(0, occurrences),
        object_id=f"{number:x}",
        histograms=histograms,
        key=draw.between(1000, 99999),
        parent=draw.between(1000, 99999),
        report=draw.between(10000, 999999),
        new=new,
    )
