"""What the server remembers, in SQLite: in memory, or in a file that survives the end of the process at any moment.

Writes are queued and committed together at the next turn of the event loop, so that a commit is shared by all that
happens at once. :meth:`Journal.save` returns when its rows are committed: an event is answered 2xx, and an attempt
goes onto the wire, only after that. What cannot be written is not accepted; outcomes of attempts that were already
made stay in the queue until they can.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hookproof.errors import HookproofError

VERSION = 1
AGAIN = 0.5
"""Seconds until writing is tried again after it failed."""

DELIVERIES = "SELECT * FROM deliveries JOIN bodies USING (namespace) WHERE bodies.delivery = deliveries.number"
"""Deliveries with their bodies; conditions follow with AND."""

FINAL = "('delivered', 'failed', 'dropped')"

Operation = tuple[str, Sequence[Any]]


class JournalError(HookproofError):
    """The journal cannot be opened, read or written."""


class Journal:
    """The journal of a server.

    Args:
        path: the file, or None to keep everything in memory.
        keep: how many finished deliveries, and as many events, are kept in each namespace.

    Attributes:
        trouble: why the last write failed, empty while writing works.

    Raises:
        JournalError: the file cannot be opened, is no journal, is in use, or is from a newer version.
    """

    def __init__(self, path: Path | None = None, keep: int = 10_000) -> None:
        self.path, self.keep, self.trouble = path, keep, ""
        self._queue: list[tuple[list[Operation], asyncio.Future[None] | None]] = []
        self._scheduled: asyncio.Handle | None = None
        self._finished: dict[str, int] = {}
        try:
            self._connection = _opened(path)
        except sqlite3.Error as error:
            raise JournalError(f"{path}: {_told(error)}") from error

    def write(self, *operations: Operation) -> None:
        """Write rows with the next commit, or with a later one where that fails."""
        self._queue.append((list(operations), None))
        self._soon()

    async def save(self, *operations: Operation) -> None:
        """Write rows, and return when they are committed.

        Raises:
            JournalError: they cannot be written; none of them is.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((list(operations), done))
        self._soon()
        await done

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Read rows; what is queued is written first.

        Raises:
            JournalError: the file cannot be read.
        """
        self.flush()
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise JournalError(_told(error)) from error

    def finished(self, namespace: str) -> None:
        """Count a finished delivery, and forget the oldest ones from time to time."""
        count = self._finished[namespace] = self._finished.get(namespace, 0) + 1
        if count > self.keep // 4:
            self._finished[namespace] = 0
            self.write(*_trim(namespace, self.keep))

    def forget(self, namespace: str, name: bool = False) -> list[Operation]:
        """Return what empties a namespace; with ``name``, it is gone for good."""
        tables = ["integrations", "events", "deliveries", "bodies", "attempts"]
        operations: list[Operation] = [
            (f"DELETE FROM {table} WHERE namespace = ?", (namespace,))  # noqa: S608 (names of tables are ours)
            for table in tables
        ]
        return [*operations, *([("DELETE FROM namespaces WHERE name = ?", (namespace,))] if name else [])]

    def flush(self) -> None:
        """Write what is queued, now."""
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None
        queue, self._queue = self._queue, []
        if not queue:
            return
        try:
            self._commit(operation for operations, _ in queue for operation in operations)
        except sqlite3.Error as error:
            self.trouble = _told(error)
            for _, done in queue:
                if done is not None and not done.done():
                    done.set_exception(JournalError(self.trouble))
            self._queue = [entry for entry in queue if entry[1] is None] + self._queue
            if self._queue:
                self._scheduled = asyncio.get_running_loop().call_later(AGAIN, self.flush)
            return
        self.trouble = ""
        for _, done in queue:
            if done is not None and not done.done():
                done.set_result(None)

    def close(self) -> None:
        """Write what is queued and close the file."""
        self.flush()
        if self._scheduled is not None:  # writing has failed, and is not tried again
            self._scheduled.cancel()
        self._connection.close()

    def _soon(self) -> None:
        if self._scheduled is None:
            self._scheduled = asyncio.get_running_loop().call_soon(self.flush)

    def _commit(self, operations: Iterable[Operation]) -> None:
        execute = self._connection.execute
        execute("BEGIN")
        try:
            for statement, values in operations:
                execute(statement, values)
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise


def _opened(path: Path | None) -> sqlite3.Connection:
    if path is not None and path.parent.is_dir() and not path.exists():
        path.touch(mode=0o600)  # it holds secrets
    connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False, timeout=0.2)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path | None) -> None:
    """Set up a connection, and a new file.

    Raises:
        JournalError: the file is no journal, or is from a newer version.
        sqlite3.Error: it cannot be used.
    """
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise JournalError(
            f"{path}: the journal was written by a newer hookproof (format {version}, this one knows {VERSION})"
        )
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise JournalError(f"{path}: this is a database, and not a journal of hookproof")
    for pragma in ("page_size = 16384", "journal_mode = WAL", "synchronous = NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN IMMEDIATE")  # a second server on the same file, or a file that is read-only, ends here
    if version == 0:
        for statement in Path(__file__).with_name("journal.sql").read_text("utf-8").split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _told(error: sqlite3.Error) -> str:
    text = str(error)
    if "locked" in text:
        return "the journal is in use by another server"
    return {
        "database or disk is full": "the disk is full",
        "attempt to write a readonly database": "the journal is read-only",
        "unable to open database file": "the file cannot be opened; is its folder there, and may it be written?",
        "file is not a database": "this file is not a journal of hookproof",
    }.get(text, f"the journal cannot be used: {text}")


def _trim(namespace: str, keep: int) -> list[Operation]:
    """Forget finished deliveries but for the newest ``keep``, with their attempts, and events alike."""
    last = "(SELECT number FROM {} WHERE namespace = ? AND state IN {} ORDER BY number DESC LIMIT 1 OFFSET ?)"
    gone = f"namespace = ? AND state IN {FINAL} AND number <= {last.format('deliveries', FINAL)}"
    numbers = f"SELECT number FROM deliveries WHERE {gone}"  # noqa: S608 (all of it is ours)
    events = f"namespace = ? AND state = 'happened' AND number <= {last.format('events', ('happened', ''))}"
    values = (namespace, namespace, keep)
    return [
        (f"DELETE FROM attempts WHERE namespace = ? AND delivery IN ({numbers})", (namespace, *values)),  # noqa: S608
        (f"DELETE FROM bodies WHERE namespace = ? AND delivery IN ({numbers})", (namespace, *values)),  # noqa: S608
        (f"DELETE FROM deliveries WHERE {gone}", values),  # noqa: S608
        (f"DELETE FROM events WHERE {events}", values),  # noqa: S608
    ]
