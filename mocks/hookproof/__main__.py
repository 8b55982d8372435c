"""The program ``hookproof``: ``python -m hookproof`` does the same."""

from __future__ import annotations

import sys

from hookproof.version import __version__


def main() -> None:
    """Run the command line. Asking for the version alone does not load it: that is asked by every CI log."""
    if sys.argv[1:] == ["--version"]:
        print(f"hookproof {__version__}")
        return
    from hookproof.cli import run

    sys.exit(run())


if __name__ == "__main__":
    main()
