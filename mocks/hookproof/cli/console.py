"""The terminal: colours and tables where there is one, plain text where there is none."""

from __future__ import annotations

import sys

from rich.console import Console


def stdout() -> Console:
    """Return a console for standard output; payload text is never read as markup. Wide where it is no terminal."""
    width = None if sys.stdout.isatty() else 160
    return Console(file=sys.stdout, markup=False, highlight=False, emoji=False, width=width, soft_wrap=False)


def printable(text: str, limit: int = 200) -> str:
    """Make foreign text fit to be shown on one line: control characters are escaped, long text is cut."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[: limit + 1])
    return shown if len(text) <= limit else shown[:limit] + "..."
