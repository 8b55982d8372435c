"""The server itself and its namespaces."""

from __future__ import annotations

from typing import Any

from hookproof.server import document
from hookproof.server.model import Document
from hookproof.server.namespace import Namespace
from hookproof.server.operations.call import Call, Reply
from hookproof.server.problem import Problem
from hookproof.version import __version__

NOTE = (
    "All of these are the tester's choice. So are retries, which an integration is given as manner.retries: no vendor"
    " documents any, so none is made by default."
)


async def health(call: Call) -> Reply:  # noqa: ARG001 (all operations take the same)
    """Say that the server is alive."""
    return Reply({"status": "ok", "hookproof": __version__})


async def ready(call: Call) -> Reply:
    """Say whether events are accepted."""
    if call.host.stopping:
        raise Problem("stopping", "the server is stopping")
    journal = call.host.setup.journal
    journal.flush()
    if journal.trouble:
        raise Problem("storage", journal.trouble)
    return await health(call)


async def openapi(call: Call) -> Reply:  # noqa: ARG001
    """Return the OpenAPI document."""
    return Reply(document.document())


async def list_vendors(call: Call) -> Reply:
    """List the contracts."""
    return Reply({"vendors": [_vendor(contract) for contract in call.host.setup.library.contracts()]})


def _vendor(contract: Any) -> Document:
    rules = {
        name: {"is": fact.value, "basis": fact.basis, **({"because": fact.because} if fact.because else {})}
        for name, fact in contract.delivery.items()
    }
    return {
        "vendor": contract.vendor,
        "name": contract.name,
        "revision": contract.revision,
        "summary": contract.summary,
        "events": [{"event": event.name, "title": event.title} for event in contract.events.values()],
        "settings": contract.settings,
        "delivery": rules,
    }


async def list_faults(call: Call) -> Reply:  # noqa: ARG001
    """List the faults, and the schedule of retries, which is one too."""
    from hookproof.delivery.faults import FAULTS

    faults = [{"name": name, "does": does} for name, (does, _) in FAULTS.items()]
    return Reply({"faults": faults, "note": NOTE})


async def show_namespace(call: Call) -> Reply:
    """Show the namespace."""
    return Reply(_view(call.namespace))


async def change_namespace(call: Call) -> Reply:
    """Choose its seed."""
    call.namespace.seed = call.body["seed"]
    await call.host.setup.journal.save(call.namespace.row())
    return Reply(_view(call.namespace))


async def delete_namespace(call: Call) -> Reply:
    """Forget it."""
    await call.host.remove(call.namespace.name)
    return Reply(status=204)


async def list_namespaces(call: Call) -> Reply:
    """List all namespaces."""
    return Reply({"namespaces": [_view(one) for _, one in sorted(call.host.namespaces.items())]})


async def reset(call: Call) -> Reply:
    """Empty the namespace."""
    journal = call.host.setup.journal
    call.namespace.reset()
    await journal.save(*journal.forget(call.namespace.name), call.namespace.row())
    return Reply(status=204)


def _view(namespace: Namespace) -> Document:
    return {
        "name": namespace.name,
        "seed": namespace.seed,
        "integrations": len(namespace.integrations),
        "pending": len(namespace.pending),
        "scheduled": len(namespace.scheduled),
    }
