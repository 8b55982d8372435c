"""Providers for anyone's Faker."""

from __future__ import annotations

import pytest
from faker import Faker

import hookproof
from hookproof.contracts import default_library
from hookproof.story.providers import StoryProvider, vendor_provider


@pytest.fixture
def fake() -> Faker:
    """A Faker with both providers."""
    fake = Faker()
    fake.add_provider(StoryProvider)
    fake.add_provider(vendor_provider())
    fake.seed_instance(7)
    return fake


def test_parts_of_stories(fake: Faker) -> None:
    """Whole, consistent parts."""
    assert fake.device().os in ("iOS", "Android")
    assert fake.crash().frames
    story = fake.crash_story()
    assert story.crash.runtime == story.device.platform
    assert fake.group_story().group.first <= fake.group_story().at
    for part in ("app", "person", "session", "bug", "crash_group", "alert", "bug_story"):
        assert getattr(fake, part)()


@pytest.mark.parametrize("event", default_library().event_names())
@pytest.mark.parametrize("variant", ["typical", "edge", "coverage"])
def test_payloads_of_vendors(fake: Faker, event: str, variant: str) -> None:
    """One method for each event."""
    payload = getattr(fake, event.replace(".", "_"))(variant=variant)

    assert hookproof.validate(payload, event, strict=True) == []


def test_the_seed_of_faker_decides(fake: Faker) -> None:
    """As for Faker's own providers."""
    first = fake.luciq_crash()
    fake.seed_instance(7)

    assert fake.luciq_crash() == first
    assert fake.luciq_crash() != first
