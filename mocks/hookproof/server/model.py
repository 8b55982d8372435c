"""What a namespace is made of while the server runs: integrations and deliveries."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from hookproof.contracts.model import Contract
from hookproof.delivery.faults import Transmission, transmission
from hookproof.errors import UnknownNameError
from hookproof.request import SignedRequest
from hookproof.server.settings import Settings, of_type
from hookproof.signing import Scheme
from hookproof.story.draw import Draw

if TYPE_CHECKING:
    from hookproof.generator import Generator

Purpose = Literal["event", "test", "verify"]

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that a tester has put on an integration or an event.

    Attributes:
        percent: how many of a hundred deliveries it hits; which ones follows from their seeds.
        attempts: how many attempts of a delivery it spoils, from the first on; 0 for all.
    """

    name: str
    percent: int = 100
    attempts: int = 0

    @classmethod
    def read(cls, given: Any) -> Fault:
        """Read a fault as the API takes it: a name, or an object.

        Raises:
            UnknownNameError: there is no such fault.
        """
        from hookproof.delivery.faults import FAULTS

        fault = cls(given) if isinstance(given, str) else cls(**given)
        if fault.name not in FAULTS:
            raise UnknownNameError("fault", fault.name, FAULTS)
        return fault

    def hits(self, request: SignedRequest, integration: int) -> bool:
        """Whether it hits that request of that integration; always the same answer for the same seed and index."""
        key = f"{request.event}\0{request.seed}\0{request.index}\0{integration}\0chance\0{self.name}"
        return self.percent >= 100 or Draw(key.encode()).chance(self.percent)

    def document(self) -> Document:
        """Return the fault as the API shows it."""
        return {"name": self.name, "percent": self.percent, "attempts": self.attempts}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a tester wants deliveries to be made; nothing of it is the vendor's word.

    Attributes:
        faults: what goes wrong on purpose.
        retries: seconds after which a failed delivery is tried again, one number for each further attempt.
        timeout: seconds that connecting, and answering, may take; these are seconds of real time.
        concurrency: how many deliveries are under way at once; with one, they keep their order.
        wish: see :class:`hookproof.server.notice.Wish`; these are the members that an integration can set.
    """

    faults: tuple[Fault, ...] = ()
    retries: tuple[float, ...] = ()
    timeout: float = 10
    concurrency: int = 1
    verify_tls: bool = True
    style: str = "compact"
    content_type: str | None = None
    nesting: str | None = None
    signature: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, given: Document, before: Manner | None = None) -> Manner:
        """Read what the API takes; what is not given stays as before.

        Raises:
            UnknownNameError: there is no such fault.
        """
        values = {name: getattr(before or cls(), name) for name in cls.__slots__}
        values.update(given)
        if "faults" in given:
            values["faults"] = tuple(Fault.read(entry) for entry in given["faults"])
        if "retries" in given:
            values["retries"] = tuple(float(seconds) for seconds in given["retries"])
        if "signature" in given:
            values["signature"] = tuple(sorted(given["signature"].items()))
        return cls(**values)

    def document(self) -> Document:
        """Return it as the API takes and shows it."""
        return {
            "faults": [fault.document() for fault in self.faults],
            "retries": list(self.retries),
            "timeout": self.timeout,
            "concurrency": self.concurrency,
            "verify_tls": self.verify_tls,
            "style": self.style,
            "content_type": self.content_type,
            "nesting": self.nesting,
            "signature": dict(self.signature),
        }


@dataclass
class Integration:
    """One configured webhook at a vendor.

    Attributes:
        settings: what the vendor lets a customer choose; manner: what the tester chooses.
        former: the secret before the present one.
        batch: what waits for the batch that is open, by group; closes: when it ends.
        sent: when the last deliveries were due, as far as the vendor's rate limit looks back.
    """

    number: int
    contract: Contract
    settings: Settings
    manner: Manner
    created: float
    name: str = ""
    active: bool = True
    former: str | None = None
    batch: dict[Any, Delivery] = field(default_factory=dict)
    closes: float = 0
    sent: deque[float] = field(default_factory=deque)
    generators: dict[Any, Generator] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its name in the API."""
        return f"integration-{self.number}"

    @property
    def url(self) -> str:
        """Where its deliveries go."""
        return str(of_type(self.contract, self.settings, "url"))

    @property
    def hidden(self) -> list[str]:
        """The names of headers whose values are secrets."""
        rules = self.contract.settings
        own = [name for name, rule in rules.items() if rule.get("goes_to") == "headers"]
        return ["Authorization", *(header for name in own for header in self.settings[name] or ())]

    def document(self) -> Document:
        """Return what the journal keeps."""
        return {
            "vendor": self.contract.vendor,
            "revision": self.contract.revision,
            "settings": self.settings,
            "manner": self.manner.document(),
            "created": self.created,
            "name": self.name,
            "former": self.former,
        }

    def scheme(self) -> Scheme | None:
        """Return how its deliveries are signed."""
        rule = self.contract.signature
        return Scheme.of(rule, dict(self.manner.signature)) if rule else None


@dataclass(slots=True, eq=False)
class Delivery:
    """One event on its way to one integration.

    Attributes:
        event: the number of the event, None for test and verify requests.
        faults: what goes wrong with it, decided when it was made.
        due: when it is sent, or was sent last.
        attempts: how many were made.
        state: ``pending``, ``delivered``, ``failed``, ``dropped``, or ``again`` while it is sent once more by hand.
        held: it was late on purpose once, and is not again.
    """

    number: int
    integration: Integration
    event: int | None
    purpose: Purpose
    request: SignedRequest
    url: str
    faults: tuple[Fault, ...]
    retries: tuple[float, ...]
    created: float
    due: float
    attempts: int = 0
    state: str = "pending"
    held: bool = False

    @property
    def id(self) -> str:
        """Its name in the API."""
        return f"delivery-{self.number}"

    def transmission(self) -> Transmission:
        """Make what goes over the wire with the next attempt.

        Raises:
            UsageError: a fault does not fit the request.
        """
        names = [fault.name for fault in self.faults if not fault.attempts or self.attempts < fault.attempts]
        integration = self.integration
        return transmission(self.request, names, integration.scheme(), integration.former)
