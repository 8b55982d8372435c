"""Events: let happen one by one, in bulk, or as scenarios."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from hookproof.errors import HookproofError
from hookproof.server import problem, scenario
from hookproof.server.clock import text
from hookproof.server.event import Event
from hookproof.server.model import Document, Fault
from hookproof.server.namespace import Namespace
from hookproof.server.notice import Wish
from hookproof.server.operations.call import Call, Reply, numbered
from hookproof.server.problem import Problem


async def create_events(call: Call) -> Reply:
    """Let something happen."""
    namespace, given = call.namespace, call.body
    try:
        contract, kind = namespace.setup.library.event(given["event"])
    except HookproofError as error:
        raise problem.of(error, "/event") from error
    events = list(_events(namespace, kind.name, given))
    at_once = any(event.due <= namespace.clock.now() for event in events)
    if at_once and not any(one.contract.vendor == contract.vendor for one in namespace.integrations.values()):
        raise Problem(
            "conflict",
            f"the namespace {namespace.name!r} has no integration of {contract.vendor}, so nothing could be delivered;"
            " create one first: POST /v1/integrations",
        )
    try:
        await namespace.add(events)
    except HookproofError as error:
        raise problem.of(error) from error
    return Reply({"events": [event.view() for event in events]}, 201)


def _events(namespace: Namespace, name: str, given: Document) -> Iterator[Event]:
    try:
        after, every = scenario.duration(given.get("after", 0)), scenario.duration(given.get("every", 0))
        faults = [Fault.read(entry) for entry in given.get("faults", ())]
    except HookproofError as error:
        raise problem.of(error) from error
    forwarded = [namespace.integration(identifier).number for identifier in given.get("integrations", ())]
    seed = given.get("seed", namespace.seed)
    now, wish = namespace.clock.now(), _wish(given)
    for step in range(given.get("count", 1)):
        number, due = namespace.number("event"), now + after + step * every
        thread = given.get("group", f"event-{number}")
        seen, first = 1, due
        if "group" in given:
            seen, first = namespace.next_of(name, thread, due, given.get("seen", 1))
        yield Event(
            number=number,
            name=name,
            seed=seed,
            index=given["index"] + step if "index" in given else namespace.next_index(name, seed),
            due=due,
            tenant=str(namespace.seed),
            thread=thread,
            seen=seen,
            first=first,
            release=given.get("release", 0),
            status=given.get("status", ""),
            project=given.get("project", "main"),
            wish=wish,
            faults=faults,
            forwarded=forwarded,
        )


def _wish(given: Document) -> Wish:
    named = {name: given[name] for name in ("variant", "style", "content_type", "nesting") if name in given}
    edits = tuple((pointer, orjson.dumps(value).decode()) for pointer, value in given.get("set", {}).items())
    return Wish(**named, edits=edits, drops=tuple(given.get("drop", ())))


async def list_events(call: Call) -> Reply:
    """List events, newest first."""
    conditions = ["namespace = ?"]
    values: list[str | int] = [call.namespace.name]
    for name, column in (("event", "name"), ("run", "run"), ("state", "state")):
        if name in call.arguments:
            conditions.append(f"{column} = ?")
            values.append(call.arguments[name])
    if "before" in call.arguments:
        conditions.append("number < ?")
        values.append(numbered(call.arguments["before"], "event"))
    query = f"SELECT document FROM events WHERE {' AND '.join(conditions)} ORDER BY number DESC LIMIT ?"  # noqa: S608
    rows = call.host.setup.journal.rows(query, *values, call.arguments["limit"])
    return Reply({"events": [Event.of(orjson.loads(row["document"])).view() for row in rows]})


async def show_event(call: Call) -> Reply:
    """Show one."""
    number = numbered(call.arguments["event"], "event")
    query = "SELECT document FROM events WHERE namespace = ? AND number = ?"
    rows = call.host.setup.journal.rows(query, call.namespace.name, number)
    if not rows:
        raise Problem("not-found", f"there is no {call.arguments['event']!r} in the namespace {call.namespace.name!r}")
    return Reply(Event.of(orjson.loads(rows[0]["document"])).view())


async def list_scenarios(call: Call) -> Reply:  # noqa: ARG001 (all operations take the same)
    """List the scenarios."""
    found = [scenario.read(name) for name in scenario.names()]
    views = [
        {"name": one.name, "title": one.title, "occurrences": len(one.occurrences), "lasts": one.lasts} for one in found
    ]
    return Reply({"scenarios": views})


async def run_scenario(call: Call) -> Reply:
    """Run a scenario, from now on."""
    namespace, given = call.namespace, call.body["scenario"]
    try:
        chosen = scenario.read(given) if isinstance(given, str) else scenario.parse(given)
        named = [namespace.setup.library.contract(vendor).vendor for vendor in call.body.get("vendors", ())]
    except scenario.ScenarioError as error:
        raise Problem("invalid", str(error), [{"pointer": "/scenario", "detail": str(error)}]) from error
    except HookproofError as error:
        raise problem.of(error, "/scenario" if isinstance(given, str) else "/vendors") from error
    present = {one.contract.vendor for one in namespace.integrations.values()}
    vendors = sorted(set(named) or present)
    if not vendors:
        raise Problem(
            "conflict", f"the namespace {namespace.name!r} has no integration yet, so nobody would hear of it"
        )
    now, run = namespace.clock.now(), f"run-{namespace.number('run')}"
    events = [event for vendor in vendors for event in _told(namespace, chosen, vendor, run, now)]
    if len(events) > namespace.setup.max_events:
        raise Problem("limit", f"this comes to {len(events)} events; at most {namespace.setup.max_events} are taken")
    await namespace.add(sorted(events, key=lambda event: (event.due, event.number)))
    view = {"run": run, "title": chosen.title, "events": len(events), "ends": text(now + chosen.lasts)}
    return Reply(view, 201)


def _told(namespace: Namespace, chosen: scenario.Scenario, vendor: str, run: str, now: float) -> Iterator[Event]:
    """Tell a scenario in the words of one vendor, as far as it has words for it."""
    from hookproof.recipes import recipe as recipes

    contract = namespace.setup.library.contract(vendor)
    stories = {recipes.read(kind.recipe_path).story: kind.name for kind in reversed(list(contract.events.values()))}
    for one in chosen.occurrences:
        name = next((stories[story] for story in scenario.SUBJECTS[one.subject] if story in stories), None)
        if name is None:
            continue
        thread = f"{run}/{one.subject}/{one.thread}"
        namespace.threads[name, thread] = (one.seen, now + one.began)
        yield Event(
            number=namespace.number("event"),
            name=name,
            seed=namespace.seed,
            index=namespace.next_index(name, namespace.seed),
            due=now + one.after,
            tenant=str(namespace.seed),
            thread=thread,
            seen=one.seen,
            first=now + one.began,
            release=one.release,
            status=one.status,
            project=one.project,
            run=run,
        )
