"""A contract in memory: ``contract.toml`` with every rule as a fact that knows what it rests on."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, cast

from hookproof.errors import ContractError, UnknownNameError

Value = TypeVar("Value")
Basis = Literal["documented", "sampled", "inferred"]


@dataclass(frozen=True, slots=True)
class Fact(Generic[Value]):
    """A rule of the contract and what it rests on.

    Attributes:
        value: the rule itself (``is`` in ``contract.toml``).
        basis: ``documented`` (the vendor says so), ``sampled`` (seen in a real record) or ``inferred``.
        source: the key of the source in the contract's ``[sources]``, or ``""``.
        because: the reason, always given where the fact is inferred.
    """

    value: Value
    basis: Basis
    source: str = ""
    because: str = ""

    def __str__(self) -> str:
        return describe({"basis": self.basis, "source": self.source, "because": self.because})


def describe(fact: Mapping[str, Any]) -> str:
    """Say in one line what a fact rests on: ``documented in webhook``, ``inferred: no page names the encoding``."""
    source = f" in {fact['source']}" if fact.get("source") and fact["basis"] != "inferred" else ""
    reason = f": {fact['because']}" if fact.get("because") else ""
    return f"{fact['basis']}{source}{reason}"


@dataclass(frozen=True, slots=True)
class Source:
    """A document or record that facts rest on."""

    key: str
    title: str
    location: str
    kind: Basis


@dataclass(frozen=True, slots=True)
class SecretRule:
    """What the vendor demands of a secret: a regular expression, the same in words, and a public sample."""

    pattern: Fact[str]
    words: str
    sample: Fact[str]


@dataclass(frozen=True, slots=True)
class SignatureRule:
    """How a request is signed. See :mod:`hookproof.signing` for the values."""

    header: Fact[str]
    construction: Fact[str]
    encoding: Fact[str]
    prefix: Fact[str]
    when: Fact[str]
    secret: SecretRule


@dataclass(frozen=True, slots=True)
class CredentialsRule:
    """The credentials that are sent with each request: HTTP Basic, mandatory in the set-up or not."""

    scheme: Fact[str]
    required: Fact[bool]
    sample: Fact[str]


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event: ``vendor.kind``, the schema of its payload and what identifies it.

    Attributes:
        identity: JSON Pointers into the payload; the values found there, together, identify the event.
        newer_by: JSON Pointer to the time that tells a newer state of the same event from an older one, if there is.
    """

    vendor: str
    revision: str
    kind: str
    title: str
    identity: Fact[list[str]]
    schema_path: Path
    recipe_path: Path
    newer_by: Fact[str] | None = None

    @property
    def name(self) -> str:
        """The name of the event: ``luciq.crash``."""
        return f"{self.vendor}.{self.kind}"

    def __str__(self) -> str:
        return f"{self.name}@{self.revision}"


@dataclass(frozen=True)
class Contract:
    """All that one revision of a vendor promises.

    Attributes:
        folder: the folder of the revision.
        delivery: the rules of delivery by name, such as ``method`` and ``content_types``.
        settings: what a customer can choose, by name; each has a title, a type and a fact.
        urls: the addresses that URLs inside payloads begin with, by name.
    """

    vendor: str
    name: str
    revision: str
    summary: str
    folder: Path
    published: Fact[str]
    sources: Mapping[str, Source]
    events: Mapping[str, Event]
    delivery: Mapping[str, Fact[Any]]
    signature: SignatureRule | None = None
    credentials: CredentialsRule | None = None
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    urls: Mapping[str, Fact[str]] = field(default_factory=dict)

    def event(self, kind: str) -> Event:
        """Return the event of that kind.

        Raises:
            UnknownNameError: the contract has no such event.
        """
        if kind not in self.events:
            names = [event.name for event in self.events.values()]
            raise UnknownNameError("event", f"{self.vendor}.{kind}", names)
        return self.events[kind]

    @cached_property
    def content_types(self) -> list[str]:
        """The content types a delivery can have, the default first."""
        return list(self.delivery["content_types"].value)

    def __str__(self) -> str:
        return f"{self.vendor}@{self.revision}"


def load(path: Path, recipes: Path) -> Contract:
    """Read a ``contract.toml``; ``recipes`` is the vendor's folder under ``fixtures/``.

    Raises:
        ContractError: the file is not TOML or lacks what every contract must say.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(path, f"not valid TOML: {error}") from error
    except OSError as error:
        raise ContractError(path, f"cannot be read: {error.strerror}") from error
    try:
        return _contract(document, path.parent, recipes)
    except (KeyError, TypeError, AttributeError) as error:
        problem = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise ContractError(path, f"{problem}; `hookproof contracts check {path.parent}` lists everything") from error


def _contract(document: dict[str, Any], folder: Path, recipes: Path) -> Contract:
    vendor, revision = folder.parent.name, folder.name

    def event(kind: str, entry: dict[str, Any]) -> Event:
        own = recipes / revision / f"{kind}.yaml"
        recipe = own if own.is_file() else recipes / f"{kind}.yaml"
        schema = folder / f"{kind}.schema.json"
        newer_by = _fact(entry["newer_by"]) if "newer_by" in entry else None
        return Event(vendor, revision, kind, entry["title"], _fact(entry["identity"]), schema, recipe, newer_by)

    return Contract(
        vendor=vendor,
        name=document["name"],
        revision=revision,
        summary=document["summary"],
        folder=folder,
        published=_fact(document["published"]),
        sources={
            key: Source(key, entry["title"], entry.get("location", ""), entry["kind"])
            for key, entry in document["sources"].items()
        },
        events={kind: event(kind, entry) for kind, entry in document["events"].items()},
        delivery={name: _fact(entry) for name, entry in document["delivery"].items()},
        signature=_optional(document, "signature", _signature),
        credentials=_optional(document, "credentials", _credentials),
        settings=document.get("settings", {}),
        urls={name: _fact(entry) for name, entry in document.get("urls", {}).items()},
    )


def _fact(entry: Mapping[str, Any]) -> Fact[Any]:
    return Fact(entry["is"], cast(Basis, entry["basis"]), entry.get("source", ""), entry.get("because", ""))


Rule = TypeVar("Rule")


def _optional(document: dict[str, Any], name: str, build: Callable[[dict[str, Any]], Rule]) -> Rule | None:
    return build(document[name]) if name in document else None


def _signature(entry: dict[str, Any]) -> SignatureRule:
    secret = entry["secret"]
    return SignatureRule(
        header=_fact(entry["header"]),
        construction=_fact(entry["construction"]),
        encoding=_fact(entry["encoding"]),
        prefix=_fact(entry["prefix"]),
        when=_fact(entry["when"]),
        secret=SecretRule(_fact(secret["pattern"]), secret["words"], _fact(secret["sample"])),
    )


def _credentials(entry: dict[str, Any]) -> CredentialsRule:
    return CredentialsRule(_fact(entry["scheme"]), _fact(entry["required"]), _fact(entry["sample"]))
