"""Where contracts are found: in the package, in folders a user names, and in installed packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from importlib import metadata
from pathlib import Path

from hookproof.contracts.model import Contract, Event, load
from hookproof.errors import ContractError, UnknownNameError, UsageError

ENTRY_POINTS = "hookproof.contracts"


def builtin(folder: str) -> Path:
    """Return a data folder: in the installed package, or at the root of a checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "data" / folder
    return packaged if packaged.is_dir() else package.parents[1] / folder


class Home:
    """A pair of folders, ``contracts/`` and ``fixtures/``, as at the root of this repository."""

    def __init__(self, contracts: Path, fixtures: Path) -> None:
        self.contracts = contracts
        self.fixtures = fixtures

    @classmethod
    def at(cls, folder: Path) -> Home:
        """Find the pair from the folder that holds both, or from its ``contracts/``.

        Raises:
            UsageError: there is no such folder.
        """
        if not folder.is_dir():
            raise UsageError(f"{folder} is not a folder; expected one that holds contracts/ and fixtures/")
        if (folder / "contracts").is_dir():
            return cls(folder / "contracts", folder / "fixtures")
        return cls(folder, folder.resolve().parent / "fixtures")

    def revisions(self) -> Iterator[tuple[str, str]]:
        """Yield (vendor, revision) for each ``contract.toml``, oldest revision first."""
        for path in sorted(self.contracts.glob("*/*/contract.toml")):
            yield path.parent.parent.name, path.parent.name

    def load(self, vendor: str, revision: str) -> Contract:
        """Read one contract of this home."""
        return load(self.contracts / vendor / revision / "contract.toml", self.fixtures / vendor)


class Library:
    """All contracts at hand. A later home overrides an earlier one that has the same vendor and revision."""

    def __init__(self, homes: Iterable[Home]) -> None:
        self.homes = list(homes)
        self._loaded: dict[tuple[str, str], Contract] = {}

    @cached_property
    def _places(self) -> dict[tuple[str, str], Home]:
        return {place: home for home in self.homes for place in home.revisions()}

    @property
    def vendors(self) -> list[str]:
        """The identifiers of all vendors, sorted."""
        return sorted({vendor for vendor, _ in self._places})

    def revisions(self, vendor: str) -> list[str]:
        """Return the revisions of a vendor, oldest first.

        Raises:
            UnknownNameError: there is no such vendor.
        """
        found = sorted(revision for name, revision in self._places if name == vendor)
        if not found:
            raise UnknownNameError("vendor", vendor, self.vendors)
        return found

    def contract(self, vendor: str, revision: str | None = None) -> Contract:
        """Return a contract, by default the newest revision of the vendor.

        Raises:
            UnknownNameError: there is no such vendor or revision.
        """
        revisions = self.revisions(vendor)
        chosen = revision or revisions[-1]
        if chosen not in revisions:
            raise UnknownNameError(f"revision of {vendor}", chosen, revisions)
        place = (vendor, chosen)
        if place not in self._loaded:
            self._loaded[place] = self._places[place].load(*place)
        return self._loaded[place]

    def event(self, name: str) -> tuple[Contract, Event]:
        """Find ``vendor.kind`` or ``vendor.kind@revision``.

        Raises:
            UnknownNameError: there is no such vendor, event or revision; the nearest known names are told.
        """
        full, _, revision = name.partition("@")
        vendor, dot, kind = full.partition(".")
        if not dot or vendor not in self.vendors:
            raise UnknownNameError("event", full, self.event_names())
        contract = self.contract(vendor, revision or None)
        return contract, contract.event(kind)

    def contracts(self) -> list[Contract]:
        """Return every contract, by vendor and revision."""
        return [self.contract(*place) for place in sorted(self._places)]

    def event_names(self) -> list[str]:
        """Return the names of all events, each once, by vendor."""
        return list(dict.fromkeys(event.name for contract in self.contracts() for event in contract.events.values()))


def installed() -> list[Home]:
    """Return the homes that installed packages offer under the entry point group ``hookproof.contracts``.

    Raises:
        ContractError: an entry point does not name a package that has a ``contracts/`` folder.
    """
    homes = []
    for point in metadata.entry_points(group=ENTRY_POINTS):
        folders = list(getattr(point.load(), "__path__", ()))
        if not folders or not (Path(folders[0]) / "contracts").is_dir():
            raise ContractError(
                point.value, f"the entry point {point.name!r} must name a package that holds contracts/"
            )
        homes.append(Home.at(Path(folders[0])))
    return homes


@lru_cache(maxsize=8)
def default_library(*folders: Path) -> Library:
    """Return the built-in contracts, those of installed packages, and those in the given folders."""
    own = Home(builtin("contracts"), builtin("fixtures"))
    return Library([own, *installed(), *(Home.at(folder) for folder in folders)])
