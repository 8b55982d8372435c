"""Making deliveries: from an event and an integration to bytes, due when the vendor would send them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hookproof.errors import HookproofError
from hookproof.pointers import get
from hookproof.request import USER_AGENT, SignedRequest
from hookproof.server.clock import moment
from hookproof.server.event import Event
from hookproof.server.model import Delivery, Integration, Purpose
from hookproof.server.notice import Notice, Wish, notices, options
from hookproof.story.thread import Thread

if TYPE_CHECKING:
    from hookproof.generator import Generator

MAX_GENERATORS = 200
"""How many generators are kept for an integration; each stands for one way to make requests."""

VERIFIED = "verify"


@dataclass(frozen=True, slots=True)
class Order:
    """One notification to make, and when it is due."""

    notice: Notice
    due: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What an event leads to at an integration: notifications, and the reason where one is missing."""

    orders: list[Order]
    reason: str = ""


class Maker:
    """Makes the deliveries of a namespace.

    Args:
        base_url: what URLs inside payloads begin with.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def plan(self, event: Event, integration: Integration, now: float) -> Plan:
        """Say which notifications an event leads to, and when the vendor would send them."""
        kind = event.name.partition(".")[2]
        if kind not in integration.contract.events:
            return Plan([], f"{integration.contract} knows no events of this kind")
        wanted, reason = notices(integration.contract, integration.settings, event.happening())
        orders = []
        for notice in wanted:
            due = _slot(integration, _window(integration, now))
            if due is None:
                reason = "the vendor's rate limit leaves it out"
            else:
                orders.append(Order(notice, due))
        return Plan(orders, reason)

    def make(self, order: Order, event: Event, integration: Integration, number: Callable[[], int]) -> Delivery:
        """Make the delivery of a notification; within a batch, that of the same group takes its place.

        Raises:
            HookproofError: what the tester wishes does not fit the event.
        """
        request = self.request(event, integration, order.notice)
        delivery = Delivery(
            number=0,
            integration=integration,
            event=event.number,
            purpose="event",
            request=request,
            url=integration.url,
            faults=tuple(
                fault
                for fault in (*integration.manner.faults, *event.faults)
                if fault.hits(request, integration.number)
            ),
            retries=integration.manner.retries,
            created=event.due,
            due=order.due,
        )
        waiting = _batched(integration, delivery)
        if waiting is not None:
            waiting.request, waiting.event, waiting.faults = request, event.number, delivery.faults
            return waiting
        delivery.number = number()
        if any(fault.name == "delay" for fault in delivery.faults):
            delivery.due += delivery.transmission().delay
        return delivery

    def request(self, event: Event, integration: Integration, notice: Notice) -> SignedRequest:
        """Make the request that tells an integration of an event.

        Raises:
            HookproofError: what the tester wishes does not fit the event.
        """
        from hookproof.generator import Moment

        thread = Thread(
            tenant=event.tenant,
            key=event.thread,
            first=moment(event.first),
            seen=event.seen,
            release=event.release,
            status=event.status,
            project=event.project,
        )
        generator = self._generator(event, integration, notice)
        return generator.request(event.index, Moment(moment(event.due), thread))

    def special(
        self, purpose: Purpose, integration: Integration, number: int, now: float, event: Event | None
    ) -> Delivery:
        """Make a test delivery of an event, or (without one) the vendor's verify request."""
        request = self.request(event, integration, Notice()) if event else _verify_request(integration)
        return Delivery(number, integration, None, purpose, request, integration.url, (), (), now, now)

    def _generator(self, event: Event, integration: Integration, notice: Notice) -> Generator:
        manner, wish = integration.manner, event.wish
        if manner.style != "compact" or manner.content_type or manner.nesting or manner.signature:
            wish = Wish(
                wish.variant,
                wish.style if wish.style != "compact" else manner.style,
                wish.content_type or manner.content_type,
                wish.nesting or manner.nesting,
                manner.signature,
                wish.edits,
                wish.drops,
            )
        key = (event.name, event.seed, wish, notice)
        if key not in integration.generators:
            if len(integration.generators) >= MAX_GENERATORS:
                integration.generators.clear()
            from hookproof.generator import Generator

            contract = integration.contract
            kind = contract.event(event.name.partition(".")[2])
            made = options(contract, kind, integration.settings, notice, wish, self._base_url)
            integration.generators[key] = Generator(contract, kind, event.seed, made)
        return integration.generators[key]


def _window(integration: Integration, now: float) -> float:
    """Return when the batch ends that something of now belongs to; now where the vendor does not batch."""
    fact = integration.contract.delivery.get("batch_seconds")
    if fact is None:
        return now
    if integration.closes <= now:
        integration.batch.clear()
        integration.closes = now + fact.value
    return integration.closes


def _slot(integration: Integration, due: float) -> float | None:
    """Return the first moment from a time on at which the vendor's rate limit has room, None where it drops."""
    delivery = integration.contract.delivery
    if "rate_limit" not in delivery:
        return due
    limit = delivery["rate_limit"].value
    sent = integration.sent
    while len(sent) > limit["deliveries"]:
        sent.popleft()
    slot = max(due, sent[0] + limit["seconds"]) if len(sent) == limit["deliveries"] else due
    if slot > due and "rate_excess" in delivery and delivery["rate_excess"].value == "dropped":
        return None
    sent.append(slot)
    return slot


def _batched(integration: Integration, delivery: Delivery) -> Delivery | None:
    """Return the delivery of the same group that waits for the same batch; else remember this one."""
    fact = integration.contract.delivery.get("batch_by")
    if fact is None:
        return None
    try:
        group = str(get(delivery.request.payload, fact.value))
    except HookproofError:  # the member is hidden or was dropped
        return None
    waiting = integration.batch.get(group)
    if waiting is None or waiting.state != "pending" or waiting.attempts:
        integration.batch[group] = delivery
        return None
    return waiting


def _verify_request(integration: Integration) -> SignedRequest:
    contract = integration.contract
    rule = contract.delivery["handshake"].value
    return SignedRequest(
        vendor=contract.vendor,
        event="",
        revision=contract.revision,
        seed=VERIFIED,
        index=0,
        method=rule["method"],
        headers=[("Content-Type", rule["content_type"]), ("User-Agent", USER_AGENT)],
        body=rule["body"].encode(),
        payload={},
    )
