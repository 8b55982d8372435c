"""What the operations of the OpenAPI document do. Each function has the name of its ``operationId``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from hookproof.server.operations import deliveries, events, integrations, server, time

MODULES: tuple[ModuleType, ...] = (server, integrations, events, deliveries, time)


def find(name: str) -> Callable[..., Awaitable[Any]]:
    """Return the function of an operation."""
    found: Callable[..., Awaitable[Any]] = next(
        getattr(module, name)
        for module in MODULES
        if name in vars(module) and vars(module)[name].__module__ == module.__name__
    )
    return found
