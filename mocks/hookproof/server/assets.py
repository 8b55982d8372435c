"""What the URLs inside payloads lead to: screenshots, files, pages. Made from the URL alone, always the same."""

from __future__ import annotations

import html
import struct
import zlib
from dataclasses import dataclass
from hashlib import shake_128
from pathlib import PurePosixPath

WIDTH, HEIGHT = 120, 213
"""Pixels of a screenshot; the shape is that of a telephone."""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 10vh auto; max-width: 40rem; padding: 0 1rem; color: #222; }}
code {{ background: #eee; padding: 0 .3em; overflow-wrap: anywhere; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #181818; color: #ddd; }} code {{ background: #333; }} }}
</style>
<h1>{title}</h1>
<p>At the vendor this address shows what the report is about. Here it only shows that the link works:</p>
<p><code>{path}</code></p>
</html>
"""


@dataclass(frozen=True, slots=True)
class Asset:
    """What a URL leads to."""

    media_type: str
    body: bytes


def asset(name: str, path: str) -> Asset:
    """Return what a path at one of a vendor's addresses leads to.

    Args:
        name: the vendor's name, as it is shown.
        path: what stands behind the address, without a leading slash.
    """
    suffix = PurePosixPath(path).suffix.lower()
    if suffix == ".png":
        return Asset("image/png", png(path))
    if suffix in (".txt", ".log"):
        return Asset("text/plain; charset=utf-8", f"A file that was attached to a report: {path}\n".encode())
    title = html.escape(f"{name}: {PurePosixPath(path).name or 'start'}"[:200])
    return Asset("text/html; charset=utf-8", PAGE.format(title=title, path=html.escape("/" + path[:1000])).encode())


def png(name: str) -> bytes:
    """Draw a picture of stripes in colours of its own: a PNG of 8 bits for each of red, green and blue."""
    colours = shake_128(name.encode("utf-8", "surrogatepass")).digest(24)
    rows = []
    for line in range(HEIGHT):
        at = line * 8 // HEIGHT * 3
        rows.append(b"\0" + colours[at : at + 3] * WIDTH)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
