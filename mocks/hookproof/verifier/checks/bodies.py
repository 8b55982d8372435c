"""Bodies that mean the same and are written in another way."""

from __future__ import annotations

import json
import re
from typing import Any


def escaped_slashes(body: bytes) -> bytes:
    """Write each slash as ``\\/``, as some serialisers do."""
    return body.replace(b"/", b"\\/")


def exotic(body: bytes) -> bytes:
    """Write the first whole number with a fraction of zero, which JSON allows."""
    return re.sub(rb'(":)(\d+)([,}])', rb"\1\2.0\3", body, count=1)


def reordered(body: bytes) -> bytes:
    """Turn the order of the members around."""
    document: dict[str, Any] = json.loads(body)
    return json.dumps(dict(reversed(document.items())), ensure_ascii=False).encode()
