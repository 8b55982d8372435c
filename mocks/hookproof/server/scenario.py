"""A scenario: what happens to an app over time, told once for all vendors. Files lie in ``fixtures/scenarios``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hookproof.contracts.library import builtin
from hookproof.errors import HookproofError, UnknownNameError
from hookproof.story.thread import STATUSES

SUBJECTS = {"crash": ("crash", "group"), "bug": ("bug",), "alert": ("alert",)}
"""What a step can be about, and the stories of recipes that tell of it."""

KEYS = ("after", *SUBJECTS, "times", "every", "seen", "status", "project", "release")

MAX_STEPS = 1000
MAX_OCCURRENCES = 10_000

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_PART = re.compile(r"(\d+(?:\.\d+)?)([dhms])")


class ScenarioError(HookproofError):
    """A scenario cannot be played."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One thing that happens.

    Attributes:
        after: seconds since the scenario began.
        subject: ``crash``, ``bug`` or ``alert``; thread: the name of what it is about.
        seen: how often the thread was seen so far; began: seconds after which it was seen for the first time.
        release: how many releases the app is on.
    """

    after: float
    subject: str
    thread: str
    seen: int
    began: float
    release: int
    status: str
    project: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens, in the order of time."""

    name: str
    title: str
    occurrences: tuple[Occurrence, ...]

    @property
    def lasts(self) -> float:
        """Seconds from the beginning to the last thing that happens."""
        return self.occurrences[-1].after if self.occurrences else 0


def duration(text: Any) -> float:
    """Read a duration such as ``2d 4h``, ``90s`` or ``1.5h``, in seconds; a number is seconds.

    Raises:
        ScenarioError: it is none.
    """
    if isinstance(text, (int, float)) and not isinstance(text, bool) and 0 <= text < 1e9:
        return float(text)
    parts = str(text).split()
    found = [_PART.fullmatch(part) for part in parts]
    if not parts or not all(found):
        raise ScenarioError(f"{str(text)[:40]!r} is not a duration; expected one like 2d 4h, 90s or 1.5h")
    return sum(float(part[1]) * _UNITS[part[2]] for part in found if part)


def names() -> list[str]:
    """Return the names of the scenarios that come with hookproof."""
    return sorted(path.stem for path in (builtin("fixtures") / "scenarios").glob("*.yaml"))


@lru_cache(maxsize=32)
def read(name: str) -> Scenario:
    """Read a scenario that comes with hookproof.

    Raises:
        UnknownNameError: there is none of that name.
    """
    import yaml

    if name not in names():
        raise UnknownNameError("scenario", name, names())
    path = builtin("fixtures") / "scenarios" / f"{name}.yaml"
    return parse(yaml.safe_load(path.read_bytes()), name)


def parse(document: Any, name: str = "") -> Scenario:
    """Read a scenario from data: ``{"title": …, "steps": [{"after": "2h", "crash": "login", "times": 3}]}``.

    Raises:
        ScenarioError: it is not one.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("steps"), list):
        raise ScenarioError("a scenario is an object with title and steps")
    steps = document["steps"]
    if not 0 < len(steps) <= MAX_STEPS:
        raise ScenarioError(f"a scenario has 1 to {MAX_STEPS} steps, this one has {len(steps)}")
    planned = sorted(
        (moment for number, step in enumerate(steps, 1) for moment in _moments(number, step)),
        key=lambda moment: moment[0],
    )
    if len(planned) > MAX_OCCURRENCES:
        raise ScenarioError(f"a scenario has at most {MAX_OCCURRENCES} occurrences, this one has {len(planned)}")
    return Scenario(name, str(document.get("title", name)), tuple(_told(planned)))


def _moments(number: int, step: Any) -> Iterator[tuple[float, Mapping[str, Any]]]:
    if not isinstance(step, Mapping):
        raise ScenarioError(f"step {number} is not an object")
    for key in step:
        if key not in KEYS:
            raise ScenarioError(f"step {number}: {UnknownNameError('key', str(key), KEYS)}")
    about = [key for key in (*SUBJECTS, "release") if key in step]
    if len(about) != 1:
        raise ScenarioError(f"step {number}: say what it is about, one of {', '.join((*SUBJECTS, 'release'))}")
    if "release" in step and step["release"] != "next":
        raise ScenarioError(f"step {number}: release is next, or not said")
    if step.get("status", "open") not in STATUSES:
        raise ScenarioError(f"step {number}: {UnknownNameError('status', str(step['status']), STATUSES)}")
    for key in ("times", "seen"):
        if not isinstance(step.get(key, 1), int) or not 1 <= step.get(key, 1) <= MAX_OCCURRENCES:
            raise ScenarioError(f"step {number}: {key} is a number from 1 to {MAX_OCCURRENCES}")
    after, every = duration(step.get("after", 0)), duration(step.get("every", 60))
    for time in range(step.get("times", 1)):
        yield after + time * every, step


def _told(planned: list[tuple[float, Mapping[str, Any]]]) -> Iterator[Occurrence]:
    """Go through what is planned in its order and count."""
    release, seen, began = 0, dict[tuple[str, str], int](), dict[tuple[str, str], float]()
    for after, step in planned:
        if "release" in step:
            release += 1
            continue
        subject = next(key for key in SUBJECTS if key in step)
        place = (subject, str(step[subject]))
        # The first time is one time, so that a group can be seen to be new.
        seen[place] = seen.get(place, 0) + (step.get("seen", 1) if place in seen else 1)
        began.setdefault(place, after)
        yield Occurrence(
            after,
            subject,
            place[1],
            seen[place],
            began[place],
            release,
            step.get("status", ""),
            str(step.get("project", "main")),
        )
