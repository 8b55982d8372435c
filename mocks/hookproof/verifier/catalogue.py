"""The catalogue of checks: texts from ``catalogue.toml``, functions from ``checks/``, and when each applies."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from hookproof.contracts.model import Contract, Event, Fact
from hookproof.encoding import MULTIPART, URLENCODED
from hookproof.errors import UnknownNameError
from hookproof.verifier.model import Check
from hookproof.verifier.probe import Probe
from hookproof.verifier.world import Settings

MODULES = ("signatures", "credentials", "http", "payload", "delivery")

Run = Callable[[Probe], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Classes of bugs that no check can find yet, and why."""

    classes: tuple[int, ...]
    why: str


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "catalogue.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def checks() -> dict[str, Check]:
    """Return all checks by id, in the order in which they are reported."""

    def made(name: str, entry: dict[str, Any]) -> Check:
        lists = {key: tuple(entry.get(key, ())) for key in ("classes", "needs")}
        return Check(id=name, **{**entry, **lists})

    return {name: made(name, entry) for name, entry in _document().items() if name != "waiting"}


def waiting() -> list[Waiting]:
    """Return the classes that wait, and why."""
    return [Waiting(tuple(entry["classes"]), entry["why"]) for entry in _document()["waiting"]]


def function(check: Check) -> Run:
    """Return the function that runs a check."""
    name = check.id.replace("-", "_")
    for module in MODULES:
        found: Run | None = getattr(import_module(f"hookproof.verifier.checks.{module}"), name, None)
        if found is not None:
            return found
    raise LookupError(f"no function {name} in {', '.join(MODULES)}")


def select(only: tuple[str, ...], skip: tuple[str, ...]) -> list[Check]:
    """Return the checks that are wanted: by id, group or level.

    Raises:
        UnknownNameError: a word is none of these.
    """
    found = checks()
    words = {*found, *(check.group for check in found.values()), *(check.level for check in found.values())}
    for word in (*only, *skip):
        if word not in words:
            raise UnknownNameError("check", word, words)

    def matches(check: Check, wanted: tuple[str, ...]) -> bool:
        return bool({check.id, check.group, check.level} & set(wanted))

    return [check for check in found.values() if (not only or matches(check, only)) and not matches(check, skip)]


def not_applicable(check: Check, settings: Settings) -> str:
    """Return why a check does not apply to a contract; empty if it does."""
    contract = settings.contract
    reasons = {
        "signature": "" if contract.signature else f"{contract.name} does not sign its requests",
        "credentials": "" if contract.credentials else f"{contract.name} sends no credentials",
        "form": "" if {URLENCODED, MULTIPART} & set(contract.content_types) else f"{contract.name} sends JSON alone",
        "handshake": "" if "handshake" in contract.delivery else f"{contract.name} has no verify request",
        "newer_by": "" if settings.events[0].newer_by else "the contract names no member that tells older from newer",
    }
    return reasons.get(check.applies, "")


def basis(check: Check, contract: Contract, event: Event) -> str:
    """Say what a check rests on, with the words of the contract where it rests on a fact of it."""
    fact = _fact(check.basis, contract, event)
    if isinstance(fact, Fact):
        return f"{contract}: {check.basis}, {fact}"
    return (
        f"{contract}: the schema of {event.name}; each rule there says what it rests on"
        if check.basis == "schema"
        else check.basis
    )


def _fact(name: str, contract: Contract, event: Event) -> Any:
    section, _, key = name.partition(".")
    if section == "delivery" and key:
        return contract.delivery.get(key)
    if section in ("signature", "credentials") and key:
        found = getattr(getattr(contract, section), key, None)
        return found.pattern if key == "secret" and found else found
    return getattr(event, name, None) if name in ("identity", "newer_by") else None
