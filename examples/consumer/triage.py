"""A consumer service: sorts crashes that Luciq forwards."""

from typing import Any


def triage(crash: dict[str, Any]) -> dict[str, str]:
    """Make a ticket of a crash: its title, its link, and whom to ask."""
    name, _, message = crash["Exception"].partition(": ")
    return {"title": name, "text": message, "link": crash["URL"], "ask": crash.get("Email") or "nobody"}
