"""Integrations: set up, changed, tested, paused and taken away."""

from __future__ import annotations

from typing import Any

from hookproof.delivery.targets import resolve
from hookproof.errors import HookproofError
from hookproof.server import problem, settings, views
from hookproof.server.event import Event
from hookproof.server.model import Delivery, Integration, Manner
from hookproof.server.namespace import Namespace
from hookproof.server.operations.call import Call, Reply
from hookproof.server.operations.deliveries import shown
from hookproof.server.problem import Problem
from hookproof.server.rows import delivery_rows, integration_row
from hookproof.signing import Scheme


async def list_integrations(call: Call) -> Reply:
    """List them."""
    return Reply({"integrations": [views.integration(one) for one in call.namespace.integrations.values()]})


async def show_integration(call: Call) -> Reply:
    """Show one."""
    return Reply(views.integration(_named(call)))


async def create_integration(call: Call) -> Reply:
    """Set one up, as the vendor would let a customer do it."""
    namespace, given = call.namespace, call.body
    if len(namespace.integrations) >= namespace.setup.max_integrations:
        raise Problem("limit", f"a namespace holds at most {namespace.setup.max_integrations} integrations")
    try:
        contract = namespace.setup.library.contract(given["vendor"], given.get("revision"))
    except HookproofError as error:
        raise problem.of(error, "/vendor") from error
    chosen = settings.checked(contract, given["settings"])
    manner = _manner(given.get("manner", {}), None)
    number = namespace.number("integration")
    made = Integration(number, contract, chosen, manner, namespace.clock.now(), given.get("name", ""))
    await _reachable(call, made)
    await _verified(namespace, made)
    await namespace.setup.journal.save(namespace.row(), integration_row(namespace.name, made))
    namespace.integrations[number] = made
    namespace.feed.tell("integration.created", integration=made.id, vendor=contract.vendor)
    return Reply(views.integration(made), 201, {"Location": f"/v1/integrations/{made.id}"})


async def change_integration(call: Call) -> Reply:
    """Change one; a new address is verified as in the set-up."""
    namespace, one, given = call.namespace, _named(call), call.body
    secret = settings.of_type(one.contract, one.settings, "secret")
    changed = Integration(
        one.number,
        one.contract,
        settings.checked(one.contract, given.get("settings", {}), one.settings),
        _manner(given.get("manner", {}), one.manner),
        one.created,
        given.get("name", one.name),
        given["state"] == "active" if "state" in given else one.active,
        one.former,
    )
    if secret is not None and settings.of_type(one.contract, changed.settings, "secret") != secret:
        changed.former = secret
    await _reachable(call, changed)
    if changed.url != one.url:
        await _verified(namespace, changed)
    await namespace.setup.journal.save(integration_row(namespace.name, changed))
    if namespace.integrations.get(one.number) is not one:
        raise Problem("not-found", f"{one.id} was taken away meanwhile")
    for name in ("settings", "manner", "name", "active", "former"):
        setattr(one, name, getattr(changed, name))
    one.generators.clear()
    namespace.lane(one).refresh()
    namespace.feed.tell("integration.changed", integration=one.id)
    return Reply(views.integration(one))


async def pause_integration(call: Call) -> Reply:
    """Pause one."""
    call.body = {"state": "paused"}
    return await change_integration(call)


async def resume_integration(call: Call) -> Reply:
    """Resume one."""
    call.body = {"state": "active"}
    return await change_integration(call)


async def delete_integration(call: Call) -> Reply:
    """Take one away."""
    one = _named(call)
    await call.namespace.setup.journal.save(*call.namespace.drop(one))
    call.namespace.feed.tell("integration.deleted", integration=one.id)
    return Reply(status=204)


async def test_integration(call: Call) -> Reply:
    """Send a test delivery."""
    namespace, one = call.namespace, _named(call)
    fact = one.contract.delivery.get("test_delivery")
    if fact is None or not fact.value:
        raise Problem("conflict", f"{one.contract.name} documents no test delivery; let an event happen instead")
    kind = next(iter(_kinds(one)))
    name, now = f"{one.contract.vendor}.{kind}", namespace.clock.now()
    number = namespace.number("delivery")
    event = Event(
        0, name, namespace.seed, namespace.next_index(name, "test"), now, str(namespace.seed), f"test-{number}", 1, now
    )
    delivery = namespace.maker.special("test", one, number, now, event)
    await namespace.setup.journal.save(*delivery_rows(namespace.name, delivery))
    namespace.start(delivery)
    return Reply(shown(namespace, delivery.number), 202, {"Location": f"/v1/deliveries/{delivery.id}"})


def _kinds(one: Integration) -> list[str]:
    """Return the kinds of event that the settings let through, as far as they choose among kinds."""
    chosen = [
        kind
        for name, rule in one.contract.settings.items()
        for choice in (one.settings[name] or () if "events" in rule else ())
        for kind in rule["events"].get(choice, ())
    ]
    return chosen or list(one.contract.events)


def _named(call: Call) -> Integration:
    return call.namespace.integration(call.arguments["integration"])


def _manner(given: dict[str, Any], before: Manner | None) -> Manner:
    try:
        return Manner.read(given, before)
    except HookproofError as error:
        raise problem.of(error, "/manner/faults") from error


async def _reachable(call: Call, made: Integration) -> None:
    """Check that deliveries may be sent there, and that the tester's wishes fit the contract.

    Raises:
        Problem: they may not, or do not.
    """
    try:
        await resolve(made.url, call.namespace.setup.allowed)
    except HookproofError as error:
        raise problem.of(error, "/settings/url") from error
    try:
        if made.contract.signature:
            Scheme.of(made.contract.signature, dict(made.manner.signature))
        elif made.manner.signature:
            raise Problem("invalid", f"{made.contract.name} does not sign its requests")
    except HookproofError as error:
        raise problem.of(error, "/manner/signature") from error
    wanted = made.manner.content_type
    if wanted and wanted not in made.contract.content_types:
        offered = ", ".join(made.contract.content_types)
        raise Problem("invalid", f"{made.contract.name} sends {offered}, not {wanted}")


async def _verified(namespace: Namespace, made: Integration) -> None:
    """Send the verify request where the vendor has one, and wait for its answer.

    Raises:
        Problem: it was not answered with 2xx.
    """
    if "handshake" not in made.contract.delivery:
        return
    request: Delivery = namespace.maker.special(
        "verify", made, namespace.number("delivery"), namespace.clock.now(), None
    )
    await namespace.setup.journal.save(namespace.row(), *delivery_rows(namespace.name, request))
    lane = namespace.lane(made)
    lane.push(request)
    await lane.idle.wait()
    if made.number not in namespace.integrations:
        namespace.lanes.pop(made.number).close()
    if request.state == "delivered":
        return
    evidence = shown(namespace, request.number)
    attempt = evidence["attempts"][-1] if evidence["attempts"] else {}
    came = (
        f"answered {attempt['response']['status']}"
        if attempt.get("response")
        else attempt.get("trouble") or "no answer"
    )
    raise Problem(
        "not-verified",
        f"{made.contract.name} saves an address only after its verify request was answered with 2xx; {came}",
        [{"pointer": "/settings/url", "detail": came}],
        delivery=evidence,
    )
