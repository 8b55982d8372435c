"""How a receiver is verified, and what the checks of one run share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hookproof.contracts.model import Contract, Event
from hookproof.delivery.targets import Target
from hookproof.delivery.wire import Answer
from hookproof.generator import Options
from hookproof.verifier.model import Exchange
from hookproof.verifier.observer import Observer
from hookproof.verifier.process import Process


@dataclass
class Settings:
    """How a receiver is verified.

    Attributes:
        options: how genuine requests are made: secret, credentials, headers.
        timeout: seconds that an answer may take.
        slow: seconds after which an answer counts as slow.
        patience: seconds in which what was answered 2xx must be seen in the observed records.
    """

    contract: Contract
    events: list[Event]
    options: Options
    seed: int | str = 0
    timeout: float = 5
    slow: float = 3
    patience: float = 1
    concurrency: int = 8
    verify_tls: bool = True

    @property
    def given_basic(self) -> bool:
        """Whether the user named the credentials, so that the receiver is taken to check them."""
        return self.options.basic is not None


@dataclass
class World:
    """What all checks of a run share: the target, the observer, the process, and what the first checks found out.

    Attributes:
        accepts: a genuine event is accepted; where it is not, no other acceptance can be judged.
        stores: an accepted event is stored exactly once.
        hangs: the receiver has stopped answering; why, in words.
        slowest: the slowest accepted exchange, in seconds.
        answers: every answer, for those who look for leaks.
        gate: how many requests are under way at a time, but for checks that need a crowd.
    """

    settings: Settings
    target: Target
    observer: Observer | None = None
    process: Process | None = None
    accepts: bool = True
    stores: bool = True
    hangs: str = ""
    slowest: tuple[float, Exchange | None] = (0, None)
    answers: list[tuple[Answer, Exchange]] = field(default_factory=list)
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(8))
