"""What the settings of an integration make of an event: whether it is notified of, and in which shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hookproof import schemas
from hookproof.contracts.model import Contract, Event
from hookproof.pointers import join
from hookproof.server.settings import Settings, of_type

if TYPE_CHECKING:
    from hookproof.generator import Options

Occasion = Literal["new", "again"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification of an event; some members must or must not be in it."""

    keep: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """What settings look at: the kind of event, whether its group is new, its project, and whether it is forwarded."""

    kind: str
    occasion: Occasion
    project: str
    by_hand: bool = False


def notices(contract: Contract, settings: Settings, happening: Happening) -> tuple[list[Notice], str]:
    """Return the notifications that an event leads to, or none and the reason why."""
    reasons = (_objection(name, rule, settings, happening) for name, rule in contract.settings.items())
    reason = next(filter(None, reasons), "")
    if reason:
        return [], reason
    toggles = {name: rule["notifies"] for name, rule in contract.settings.items() if "notifies" in rule}
    if not toggles:
        return [Notice()], ""
    found = [
        Notice(tuple(rule.get("with", ())), tuple(rule.get("without", ())))
        for name, rule in toggles.items()
        if settings[name] and happening.occasion in rule["occasions"]
    ]
    return found, "" if found else f"none of {', '.join(toggles)} is on for this occasion ({happening.occasion})"


def _objection(name: str, rule: Mapping[str, Any], settings: Settings, happening: Happening) -> str:
    value = settings[name]
    if "events" in rule and not any(happening.kind in rule["events"].get(choice, ()) for choice in value or ()):
        return f"{name} does not include events of this kind ({happening.kind})"
    if rule.get("forwards") and not value and not happening.by_hand:
        return f"{name} is off; name the integration to forward the event by hand"
    if "narrows" in rule and not value and settings[rule["narrows"]] != happening.project:
        return f"{name} is off, and the event's project is {happening.project!r}"
    if "occasions" in rule and happening.occasion not in rule["occasions"][value]:
        return f"{name} is {value!r}, which does not notify of this occasion ({happening.occasion})"
    return ""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a tester wants an event to look, apart from what settings say. See :class:`hookproof.generator.Options`."""

    variant: str = "typical"
    style: str = "compact"
    content_type: str | None = None
    nesting: str | None = None
    signature: tuple[tuple[str, str], ...] = ()
    edits: tuple[tuple[str, str], ...] = ()  # (pointer, JSON), so that a wish can be a key
    drops: tuple[str, ...] = ()


def options(contract: Contract, event: Event, settings: Settings, notice: Notice, wish: Wish, base_url: str) -> Options:
    """Return how the requests of a notification are made."""
    import orjson

    from hookproof.generator import DROP, Options

    edits: list[tuple[str, Any]] = []
    headers: list[tuple[str, str]] = []
    content_type = wish.content_type
    for name, rule in contract.settings.items():
        value = settings[name]
        if rule["type"] == "fields" and value is not None:
            edits += [(join([field]), DROP) for field in schemas.properties(event.schema_path) if field not in value]
        if "hides" in rule and not value:
            edits += [(join([field]), DROP) for field in rule["hides"]]
        if "content_types" in rule and content_type not in rule["content_types"][value]:
            content_type = rule["content_types"][value][0]
        if rule.get("goes_to") == "headers":
            headers += (value or {}).items()
        elif "goes_to" in rule:
            edits.append((rule["goes_to"], dict(value) if value else DROP))
    edits += [(pointer, orjson.loads(value)) for pointer, value in wish.edits]
    edits += [(pointer, DROP) for pointer in (*wish.drops, *(join([name]) for name in notice.without))]
    return Options(
        variant=wish.variant,
        style=wish.style,
        content_type=content_type,
        nesting=wish.nesting,
        secret=of_type(contract, settings, "secret"),
        signature=dict(wish.signature),
        basic=of_type(contract, settings, "credentials"),
        headers=headers,
        base_url=base_url,
        edits=edits,
        keep=notice.keep,
    )
