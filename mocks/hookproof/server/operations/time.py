"""The clock of a namespace."""

from __future__ import annotations

from datetime import UTC, datetime

from hookproof.errors import HookproofError
from hookproof.server import scenario
from hookproof.server.clock import text
from hookproof.server.model import Document
from hookproof.server.namespace import Namespace
from hookproof.server.operations.call import Call, Reply
from hookproof.server.problem import Problem


async def show_clock(call: Call) -> Reply:
    """Say what time it is."""
    return Reply(_view(call.namespace))


async def set_clock(call: Call) -> Reply:
    """Let time stand still, or run."""
    clock, given = call.namespace.clock, call.body
    if given["frozen"]:
        clock.freeze(_moment(given["at"], "/at") if "at" in given else None)
    elif "at" in given:
        raise Problem(
            "invalid", "only frozen time can be set", [{"pointer": "/at", "detail": "real time cannot be set"}]
        )
    else:
        clock.release()
    await call.host.setup.journal.save(call.namespace.row())
    call.namespace.feed.tell("clock.changed", now=text(clock.now()), frozen=clock.frozen)
    return Reply(_view(call.namespace))


async def advance_clock(call: Call) -> Reply:
    """Let frozen time go on."""
    clock, given = call.namespace.clock, call.body
    to: float | None
    if "by" in given:
        try:
            to = clock.now() + scenario.duration(given["by"])
        except HookproofError as error:
            raise Problem("invalid", str(error), [{"pointer": "/by", "detail": str(error)}]) from error
    else:
        to = None if given["to"] == "idle" else _moment(given["to"], "/to")
    try:
        await clock.advance(to)
    finally:
        call.host.setup.journal.write(call.namespace.row())
    call.namespace.feed.tell("clock.changed", now=text(clock.now()), frozen=clock.frozen)
    return Reply(_view(call.namespace))


def _moment(given: str, pointer: str) -> float:
    try:
        moment = datetime.fromisoformat(given)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        detail = f"{given[:40]!r} is not a moment like 2026-01-31T08:05:00Z"
        raise Problem("invalid", detail, [{"pointer": pointer, "detail": detail}]) from error


def _view(namespace: Namespace) -> Document:
    clock = namespace.clock
    following = clock.next
    return {
        "now": text(clock.now()),
        "frozen": clock.frozen,
        "waiting": clock.waiting,
        "next": None if following is None else text(following),
    }
