"""Chance as an argument."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.story.draw import Draw

keys = st.binary(max_size=40)


@given(keys)
def test_the_same_key_gives_the_same_draws(key: bytes) -> None:
    """Two draws of one key agree for ever, beyond the first block too."""
    one, other = Draw(key), Draw(key)

    assert [one.word() for _ in range(300)] == [other.word() for _ in range(300)]
    assert one.take(50) == other.take(50)
    assert one.hex(40) == other.hex(40)


def test_draws_never_change() -> None:
    """The draws of a key are part of what a seed promises: they are pinned."""
    draw = Draw(b"pinned")

    assert [draw.word() for _ in range(4)] == PINNED_WORDS
    assert draw.uuid() == PINNED_UUID
    assert draw.take(3) == PINNED_TAKE


PINNED_WORDS = [30672, 35879, 63910, 56148]
PINNED_UUID = "0381b2ce-d2e3-46df-87fe-4f93d2db4468"
PINNED_TAKE = (35598, 24939, 25465)


@given(keys, st.integers(1, 1 << 40))
def test_below_stays_below(key: bytes, limit: int) -> None:
    """A number drawn below a limit is one."""
    assert 0 <= Draw(key).below(limit) < limit


@given(keys, st.integers(-1000, 1000), st.integers(0, 100000))
def test_between_includes_both_ends(key: bytes, low: int, span: int) -> None:
    """A number drawn between two is not outside them."""
    assert low <= Draw(key).between(low, low + span) <= low + span


@pytest.mark.parametrize("size", [2, 8, 100, 300, 70000])
def test_draws_are_spread_evenly(size: int) -> None:
    """No quarter of the range gets more than its share, give or take a tenth."""
    draw = Draw(b"even")
    quarters = Counter(draw.below(size) * 4 // size for _ in range(8000))

    if size >= 4:
        assert all(1750 < quarters[quarter] < 2250 for quarter in range(4))
    else:
        assert all(3700 < count < 4300 for count in quarters.values())


def test_chance_keeps_its_percentage() -> None:
    """A chance of 30 percent comes in about 30 of a hundred draws; 0 and 100 are certain."""
    draw = Draw(b"chance")

    assert 2700 < sum(draw.chance(30) for _ in range(10000)) < 3300
    assert not any(draw.chance(0) for _ in range(100))
    assert all(draw.chance(100) for _ in range(100))


@given(keys)
def test_uuids_are_of_version_4(key: bytes) -> None:
    """A drawn UUID has the form that RFC 9562 gives to random ones."""
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", Draw(key).uuid())


@given(keys)
def test_a_fork_does_not_disturb(key: bytes) -> None:
    """What a fork draws changes nothing for the draw it came from."""
    alone, forked = Draw(key), Draw(key)
    fork = forked.fork(b"x")
    fork.take(10)
    fork.word()

    assert alone.word() == forked.word()
    assert alone.take(4) == forked.take(4)
