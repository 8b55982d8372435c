"""A namespace under two hands at once: what one takes away the other does not bring back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hookproof.contracts import default_library
from hookproof.server import settings
from hookproof.server.event import Event
from hookproof.server.journal import Journal
from hookproof.server.model import Integration, Manner
from hookproof.server.namespace import CHUNK, Namespace, Setup
from hookproof.server.problem import Problem

COUNT = CHUNK * 3


def events(namespace: Namespace) -> list[Event]:
    now = namespace.clock.now()
    return [
        Event(namespace.number("event"), "luciq.apm", 0, index, now, "0", f"event-{index}", 1, now)
        for index in range(COUNT)
    ]


def run(work: Callable[[Namespace], Awaitable[None]]) -> None:
    """Work with a namespace that has one integration, at an address where nobody listens."""

    async def inside() -> None:
        library = default_library()
        namespace = Namespace("x", Setup(library, Journal(), "http://127.0.0.1:1"))
        contract = library.contract("luciq")
        chosen = settings.checked(contract, {"url": "http://127.0.0.1:9/"})
        namespace.integrations[1] = Integration(1, contract, chosen, Manner(), 0)
        namespace.number("integration")
        await work(namespace)
        await asyncio.gather(*namespace.stop(), return_exceptions=True)
        namespace.setup.journal.close()

    asyncio.run(inside())


def states(namespace: Namespace) -> Any:
    rows = namespace.setup.journal.rows("SELECT state, count(*) AS many FROM deliveries GROUP BY state")
    return {row["state"]: row["many"] for row in rows}


def test_a_reset_while_events_happen() -> None:
    """Ends them: nothing of the world before is in the one after."""

    async def work(namespace: Namespace) -> None:
        adding = asyncio.create_task(namespace.add(events(namespace)))
        await asyncio.sleep(0)  # the first of them have happened
        namespace.reset()
        with pytest.raises(Problem, match="was reset meanwhile"):
            await adding
        assert namespace.pending == {}
        assert states(namespace) == {}

    run(work)


def test_an_integration_that_is_taken_away_while_events_happen() -> None:
    """Gets none of them; the log says so."""

    async def work(namespace: Namespace) -> None:
        adding = asyncio.create_task(namespace.add(events(namespace)))
        await asyncio.sleep(0)
        await namespace.setup.journal.save(*namespace.drop(namespace.integrations[1]))
        await adding
        assert namespace.pending == {}
        assert states(namespace) == {"dropped": CHUNK}

    run(work)
