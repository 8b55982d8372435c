"""A performance alert: a rule, its threshold, and the value that crossed it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hookproof.story import words
from hookproof.story.draw import Draw
from hookproof.story.world import App


@dataclass(slots=True)
class Alert:
    """A rule that fired.

    Attributes:
        trigger: what the rule watches, such as ``Apdex`` or ``P95``.
        operator: on which side of the threshold it fires: ``less than`` or ``greater than``.
        window: the time frame in words, ``1 day``.
        current: the value that crossed the threshold, as text with its unit.
        platform: ``ios`` or ``android``.
        conditions: (key, operator, value) each.
        id: a UUID.
    """

    title: str
    metric: str
    trigger: str
    operator: str
    threshold: float
    window: str
    current: str
    trace: str
    platform: str
    app_name: str
    conditions: list[tuple[str, str, str]]
    id: str


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    return words.table("alerts")


def alert(draw: Draw, app: App, platform: str, this_time: Draw | None = None) -> Alert:
    """Draw an alert about an app; ``this_time`` draws what differs each time that a rule fires."""
    fresh = this_time or draw
    table = _tables()
    rule = draw.pick(table["rules"])
    threshold = draw.pick(rule["thresholds"])
    percent = fresh.between(50, 97) if rule["worse"] == "less than" else fresh.between(105, 300)
    hundredths = round(threshold * percent)
    return Alert(
        title=rule["title"],
        metric=rule["metric"],
        trigger=rule["trigger"],
        operator=rule["worse"],
        threshold=threshold,
        window=rule["window"],
        current=f"{hundredths // 100}.{hundredths % 100:02}{rule['unit']}",
        trace=draw.pick(rule["traces"]),
        platform=platform,
        app_name=app.name,
        conditions=[
            (condition["key"], condition["operator"], draw.pick(condition["values"]))
            for condition in table["conditions"][: draw.below(len(table["conditions"]) + 1)]
        ],
        id=fresh.uuid(),
    )
