"""The journal itself: what is saved is there, what cannot be saved is refused, outcomes wait until they can be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookproof.server.journal import Journal, JournalError

ROW = "INSERT INTO namespaces VALUES (?, ?)"


def names(journal: Journal) -> list[str]:
    return [row["name"] for row in journal.rows("SELECT name FROM namespaces ORDER BY name")]


def run(folder: Path, work: Callable[[Journal], Any]) -> None:
    """Open a journal, work with it within an event loop, close it."""

    async def inside() -> None:
        journal = Journal(folder / "journal.db")
        try:
            await work(journal)
        finally:
            journal.close()

    asyncio.run(inside())


def test_a_full_disk_refuses_what_waits_and_keeps_what_has_happened(tmp_path: Path) -> None:
    """The limit is SQLite's own, so the error is the one that a full disk leads to."""

    async def work(journal: Journal) -> None:
        await journal.save((ROW, ("before", "{}")))
        pages = journal.rows("PRAGMA page_count")[0][0]
        journal.rows(f"PRAGMA max_page_count = {pages}")
        journal.write((ROW, ("outcome", "x" * 200_000)))
        with pytest.raises(JournalError, match="the disk is full"):
            await journal.save((ROW, ("refused", "{}")))
        assert journal.trouble == "the disk is full"
        assert names(journal) == ["before"]

        journal.rows(f"PRAGMA max_page_count = {pages + 1000}")
        assert names(journal) == ["before", "outcome"]
        assert journal.trouble == ""
        await journal.save((ROW, ("after", "{}")))

    run(tmp_path, work)


def test_what_fails_takes_only_its_own_commit_with_it(tmp_path: Path) -> None:
    """All or nothing: of rows that are saved together, none is there when one cannot be."""

    async def work(journal: Journal) -> None:
        with pytest.raises(JournalError):
            await journal.save((ROW, ("one", "{}")), ("INSERT INTO nothing VALUES (1)", ()))
        await journal.save((ROW, ("two", "{}")))
        assert names(journal) == ["two"]

    run(tmp_path, work)


def test_what_happens_at_once_shares_a_commit(tmp_path: Path) -> None:
    """A hundred that wait, one commit."""

    async def work(journal: Journal) -> None:
        commits = 0
        commit = journal._commit

        def counted(operations: Any) -> None:
            nonlocal commits
            commits += 1
            commit(operations)

        journal._commit = counted  # type: ignore[method-assign]
        await asyncio.gather(*(journal.save((ROW, (f"n{number}", "{}"))) for number in range(100)))
        assert commits == 1
        assert len(names(journal)) == 100

    run(tmp_path, work)


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It holds secrets."""

    async def work(journal: Journal) -> None:
        await journal.save((ROW, ("x", "{}")))

    run(tmp_path, work)
    assert (tmp_path / "journal.db").stat().st_mode & 0o077 == 0
