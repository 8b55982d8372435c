"""Providers for anyone's Faker: ``fake.add_provider(StoryProvider)``.

They draw from the generator's own random source, so ``Faker.seed`` and ``seed_instance`` decide what comes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from faker.providers import BaseProvider

from hookproof.contracts import Library, default_library
from hookproof.contracts.model import Contract, Event
from hookproof.generator import Generator, Options
from hookproof.story.alert import Alert
from hookproof.story.bug import Bug
from hookproof.story.crash import Crash
from hookproof.story.draw import Draw
from hookproof.story.group import Group
from hookproof.story.session import Session
from hookproof.story.tale import Story, tell
from hookproof.story.world import App, Device, Person


class StoryProvider(BaseProvider):
    """Vendor-neutral parts of a story: ``fake.crash()``, ``fake.device()``, ``fake.crash_story()`` and so on."""

    def _draw(self) -> Draw:
        return Draw(self.generator.random.getrandbits(128).to_bytes(16, "little"))

    def _story(self, subject: str, at: datetime | None = None) -> Story:
        return tell(subject, self._draw(), at.astimezone(UTC) if at else None)

    def crash_story(self, at: datetime | None = None) -> Story:
        """A crash of a mobile app, with its app, device, person and session."""
        return self._story("crash", at)

    def bug_story(self, at: datetime | None = None) -> Story:
        """A bug that a person reported, with app, device, person and session."""
        return self._story("bug", at)

    def group_story(self, at: datetime | None = None) -> Story:
        """A group of crashes on a desktop, with app, person and its newest crash."""
        return self._story("group", at)

    def app(self) -> App:
        """An app."""
        return self._story("crash").app

    def device(self) -> Device:
        """A phone or tablet."""
        return self._story("crash").device

    def person(self) -> Person:
        """An end user."""
        return self._story("crash").person

    def session(self) -> Session:
        """A session in a mobile app, with logs and steps."""
        return self._story("crash").session

    def crash(self) -> Crash:
        """A crash with its stack."""
        return self._story("crash").crash

    def bug(self) -> Bug:
        """A bug."""
        return self._story("bug").bug

    def crash_group(self) -> Group:
        """A group of crashes."""
        return self._story("group").group

    def alert(self) -> Alert:
        """A performance alert."""
        return self._story("alert").alert


def vendor_provider(library: Library | None = None) -> type[BaseProvider]:
    """Make a provider with one method for each event: ``fake.luciq_crash()`` returns a payload.

    The methods take the fields of :class:`hookproof.generator.Options` by keyword, such as ``variant="edge"``.
    """
    library = library or default_library()
    methods = {}
    for contract in library.contracts():
        for event in contract.events.values():
            methods[f"{contract.vendor}_{event.kind}".replace("-", "_")] = _payload_method(contract, event)
    return type("VendorProvider", (BaseProvider,), methods)


def _payload_method(contract: Contract, event: Event) -> Any:
    def make(self: BaseProvider, **options: Any) -> dict[str, Any]:
        seed = f"{self.generator.random.getrandbits(128):032x}"
        generator = Generator(contract, event, seed, Options(**options))
        return generator.payload(self.generator.random.randrange(generator.size) if generator.size else 0)

    make.__doc__ = f"{event.title}: a payload of {event.name}."
    return make
