"""A namespace: a world of its own, with integrations, events, deliveries, a clock and seeds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hookproof.contracts import Library
from hookproof.errors import HookproofError
from hookproof.server.clock import Clock
from hookproof.server.event import Event
from hookproof.server.feed import Feed
from hookproof.server.journal import Journal, Operation
from hookproof.server.lane import Lane
from hookproof.server.maker import Maker
from hookproof.server.model import Delivery, Integration
from hookproof.server.problem import Problem
from hookproof.server.rows import delivery_rows, dropped_row, event_row, integration_row, namespace_row

CHUNK = 50
"""How many events happen before others get a turn."""


@dataclass
class Setup:
    """What all namespaces of a server share.

    Attributes:
        base_url: what URLs inside payloads begin with.
        allowed: targets that may be sent to besides loopback.
        max_integrations: how many a namespace holds; max_pending: how many deliveries may be on their way in it.
    """

    library: Library
    journal: Journal
    base_url: str
    allowed: Sequence[str] = ()
    max_integrations: int = 100
    max_pending: int = 20_000
    max_events: int = 10_000


@dataclass
class Namespace:
    """A world of its own.

    Attributes:
        seed: decides on everything that is drawn in it.
        used: when it was used last, in seconds of real time.
        indexes: the next index of each event's requests.
        threads: for each event and group: how often it was seen, and when first.
        pending: the deliveries on their way, by number.
        scheduled: the events that are still to happen, by number.
        epoch: how often everything in it was stopped.
    """

    name: str
    setup: Setup
    seed: int | str = 0
    used: float = 0
    integrations: dict[int, Integration] = field(default_factory=dict)
    indexes: dict[tuple[str, int | str], int] = field(default_factory=dict)
    threads: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)
    pending: dict[int, Delivery] = field(default_factory=dict)
    scheduled: dict[int, Event] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    epoch: int = 0

    def __post_init__(self) -> None:
        self.feed = Feed()
        self.clock = Clock(self.settled)
        self.lanes: dict[int, Lane] = {}
        self.maker = Maker(self.setup.base_url)

    # What lasts

    def number(self, kind: str) -> int:
        """Return the next number of an integration, event, delivery or run."""
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return self.numbers[kind]

    def row(self) -> Operation:
        """Return what the journal keeps of the namespace itself."""
        return namespace_row(self.name, self.seed, self.clock.now() if self.clock.frozen else None)

    # Integrations

    def integration(self, identifier: str) -> Integration:
        """Find an integration by its name in the API.

        Raises:
            Problem: there is none.
        """
        prefix, _, number = identifier.rpartition("-")
        found = self.integrations.get(int(number)) if number.isascii() and number.isdigit() else None
        if prefix != "integration" or found is None:
            raise Problem("not-found", f"there is no {identifier[:60]!r} in the namespace {self.name!r}")
        return found

    def lane(self, integration: Integration) -> Lane:
        """Return the lane of an integration."""
        if integration.number not in self.lanes:
            lane = Lane(self.name, integration, self.setup.journal, self.clock, self.feed, self.setup.allowed)
            lane.on_end = self._ended
            self.lanes[integration.number] = lane
        return self.lanes[integration.number]

    def drop(self, integration: Integration) -> list[Operation]:
        """Take an integration out; what is on its way to it is dropped."""
        self.integrations.pop(integration.number, None)
        operations = [integration_row(self.name, integration, "deleted")]
        for delivery in [one for one in self.pending.values() if one.integration is integration]:
            delivery.state = "dropped"
            self.pending.pop(delivery.number, None)
            operations.append(dropped_row(self.name, delivery.number))
        lane = self.lanes.pop(integration.number, None)
        if lane:
            lane.close()
        return operations

    # Events

    def next_of(self, name: str, thread: str, at: float, by: int = 1) -> tuple[int, float]:
        """Count that the thread of an event is seen once more; returns how often by now, and when first."""
        seen, first = self.threads.get((name, thread), (0, at))
        seen += by if seen else 1
        if len(self.threads) > self.setup.max_events * 10:
            raise Problem("limit", "this namespace has seen too many groups; reset it")
        self.threads[name, thread] = (seen, min(first, at))
        return self.threads[name, thread]

    def next_index(self, name: str, seed: int | str) -> int:
        """Return the index of the next request of an event."""
        index = self.indexes.get((name, seed), 0)
        self.indexes[name, seed] = index + 1
        return index

    async def add(self, events: Iterable[Event]) -> None:
        """Let events happen that are due, and plan the others; returns when that is in the journal.

        Raises:
            JournalError: it cannot be written; none of them happens.
            Problem: too much is on its way already, or the namespace was reset meanwhile.
        """
        operations: list[Operation] = []
        made: list[Delivery] = []
        planned: list[Event] = []
        now, epoch = self.clock.now(), self.epoch
        try:
            for number, event in enumerate(events, 1):
                if event.due <= now:
                    made += self._happen(event, operations)
                else:
                    planned.append(event)
                operations.append(event_row(self.name, event))
                if number % CHUNK == 0:
                    await asyncio.sleep(0)
            self._check_room(len(made), len(planned))
            if self.epoch == epoch:
                await self.setup.journal.save(self.row(), *operations)
            if self.epoch != epoch:
                raise Problem("conflict", f"the namespace {self.name!r} was reset meanwhile")
        except BaseException:
            for integration in self.integrations.values():  # nothing may join a delivery that will never be
                integration.batch.clear()
            raise
        for event in planned:
            self.plan(event)
        for delivery in made:
            self.start(delivery)

    def _check_room(self, made: int, planned: int) -> None:
        most = self.setup.max_pending
        if len(self.pending) + made > most:
            raise Problem("limit", f"{len(self.pending)} deliveries are on their way; at most {most} may be")
        if len(self.scheduled) + planned > most:
            raise Problem("limit", f"{len(self.scheduled)} events are planned; at most {most} may be")

    def plan(self, event: Event) -> None:
        """Let an event happen when its time has come."""
        self.scheduled[event.number] = event
        self.clock.at(event.due, lambda: self._come(event))

    def _come(self, event: Event) -> None:
        if self.scheduled.pop(event.number, None) is None:  # the namespace was reset
            return
        operations: list[Operation] = []
        made = self._happen(event, operations, strict=False)
        self.setup.journal.write(*operations, event_row(self.name, event))
        for delivery in made:
            self.start(delivery)

    def _happen(self, event: Event, operations: list[Operation], strict: bool = True) -> list[Delivery]:
        """Make the deliveries of an event, and add what the journal keeps of them.

        Raises:
            HookproofError: what the tester wishes does not fit; if not strict, it is a reason to skip.
        """
        event.state = "happened"
        vendor = event.name.partition(".")[0]
        made = []
        for integration in self.integrations.values():
            if integration.contract.vendor != vendor:
                continue
            if event.forwarded and integration.number not in event.forwarded:
                continue
            if not integration.active:
                event.skipped.append((integration.number, "the integration is paused"))
                continue
            plan = self.maker.plan(event, integration, self.clock.now())
            if plan.reason:
                event.skipped.append((integration.number, plan.reason))
            try:
                for order in plan.orders:
                    delivery = self.maker.make(order, event, integration, lambda: self.number("delivery"))
                    event.deliveries.append(delivery.number)
                    made.append(delivery)
                    operations += delivery_rows(self.name, delivery)
                    delivery.request.payload = {}  # the body says it all
            except HookproofError as error:
                if strict:
                    raise
                event.skipped.append((integration.number, str(error)))
        self.feed.tell("event.happened", event=event.id, name=event.name, deliveries=len(event.deliveries))
        return made

    # Deliveries

    def start(self, delivery: Delivery) -> None:
        """Send a delivery when it is due; one that has joined a batch is on its way already."""
        if delivery.number in self.pending:
            return
        if delivery.integration.number not in self.integrations:  # it was taken away meanwhile
            self.setup.journal.write(dropped_row(self.name, delivery.number))
            return
        self.pending[delivery.number] = delivery
        lane = self.lane(delivery.integration)
        self.clock.at(delivery.due, lambda: lane.push(delivery))

    def _ended(self, delivery: Delivery) -> None:
        self.pending.pop(delivery.number, None)

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while busy := [lane for lane in self.lanes.values() if not lane.idle.is_set()]:
            await busy[0].idle.wait()

    # Ends

    def stop(self) -> set[asyncio.Task[None]]:
        """Stop all that is under way and planned. Returns what is still to end."""
        self.epoch += 1
        self.clock.clear()
        ending = {worker for lane in self.lanes.values() for worker in lane.close()}
        self.lanes.clear()
        self.scheduled.clear()
        self.pending.clear()
        return ending

    def reset(self) -> None:
        """Empty it, as if it had never been used."""
        self.stop()
        self.clock.release()
        for collection in (self.integrations, self.indexes, self.threads, self.numbers):
            collection.clear()
        self.seed = 0
        self.feed.tell("reset")
