"""Running the checks: first those that decide what others can say, then many at once, then those that need it quiet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from hookproof.delivery.wire import Connection, WireError
from hookproof.errors import HookproofError
from hookproof.verifier import catalogue
from hookproof.verifier.model import Check, Failed, Report, Result, Undecided, Verdict, VerifierError
from hookproof.verifier.probe import Probe
from hookproof.verifier.world import World
from hookproof.version import __version__

FIRST = ("event-accepted", "event-stored")
"""Checks whose outcome decides what others can say."""

LAST = (
    "duplicate-race",
    "aborted-upload",
    "body-unbounded",
    "slow-answer",
    "answer-leaks",
    "durability",
    "secret-unset",
    "secret-padded",
)
"""Checks that run one by one, in this order: some look back, some end the receiver."""

Progress = Callable[[Result], None]


async def run(world: World, wanted: list[Check], progress: Progress = lambda _: None) -> Report:
    """Run checks and return the report, with the results in the order of ``wanted``.

    An interruption (cancellation) leaves a partial report, in which what was not run is inconclusive.

    Raises:
        VerifierError: the receiver cannot be reached at all, or cannot be started or observed.
    """
    settings = world.settings
    report = Report(
        vendor=settings.contract.vendor,
        revision=settings.contract.revision,
        receiver=world.target.url,
        seed=settings.seed,
        version=__version__,
    )
    began = time.perf_counter()
    results: dict[str, Result] = {}

    async def one(check: Check) -> None:
        result = await _run(world, check)
        results[check.id] = result
        progress(result)

    try:
        if world.process is not None:
            await world.process.start()
        await _reach(world)
        # Wanted or not, the first checks are needed to read the others.
        for name in FIRST:
            await one(catalogue.checks()[name])
        await _several(
            [check for check in wanted if check.id not in FIRST and not check.alone], one, settings.concurrency
        )
        alone = [check for check in wanted if check.alone and check.id not in FIRST]
        for check in sorted(alone, key=lambda check: LAST.index(check.id) if check.id in LAST else -1):
            await one(check)
    except asyncio.CancelledError:
        report.partial = True
    finally:
        if world.process is not None:
            await asyncio.shield(world.process.kill())
    report.results = [results.get(check.id) or _unrun(world, check) for check in wanted]
    report.seconds = time.perf_counter() - began
    return report


async def _several(checks: list[Check], one: Callable[[Check], Awaitable[None]], at_once: int) -> None:
    gate = asyncio.Semaphore(at_once)

    async def guarded(check: Check) -> None:
        async with gate:
            await one(check)

    try:
        async with asyncio.TaskGroup() as group:
            for check in checks:
                group.create_task(guarded(check))
    except* VerifierError as several:
        raise several.exceptions[0] from None


async def _reach(world: World) -> None:
    try:
        connection = await Connection.open(world.target, world.settings.timeout, world.settings.verify_tls)
    except WireError as error:
        raise VerifierError(f"{world.target.url} cannot be reached: {error}; is the receiver running?") from error
    connection.close()


def _unrun(world: World, check: Check) -> Result:
    return _result(world, check, "inconclusive", "the run was interrupted before this check")


async def _run(world: World, check: Check) -> Result:
    settings = world.settings
    if reason := catalogue.not_applicable(check, settings):
        return _result(world, check, "not_applicable", reason)
    if reason := _lacking(world, check):
        return _result(world, check, "inconclusive", reason)
    probe = Probe(world, check.id)
    began = time.perf_counter()
    try:
        await catalogue.function(check)(probe)
        result = _result(world, check, "pass", probe.remark or "as it should be")
        result.evidence = probe.last
    except Failed as verdict:
        result = _result(world, check, "fail", verdict.reason)
        result.evidence = verdict.evidence or probe.last
    except Undecided as verdict:
        result = _result(world, check, "inconclusive", verdict.reason)
        result.evidence = verdict.evidence
    except WireError as error:
        result = _result(world, check, "fail", f"the receiver could not be talked to: {error}")
        result.evidence = probe.last
    except VerifierError as error:
        if world.process is None:
            raise
        result = _result(world, check, "inconclusive", str(error))
    except HookproofError as error:
        result = _result(world, check, "inconclusive", str(error))
    result.seconds = time.perf_counter() - began
    return result


def _lacking(world: World, check: Check) -> str:
    settings = world.settings
    if world.hangs and check.id not in FIRST:
        return world.hangs
    if check.applies == "signature" and settings.options.secret is None:
        return "needs --secret, the one that the receiver is configured with"
    if check.applies == "credentials" and not settings.given_basic:
        return "needs --basic USER:PASS, if the receiver checks credentials; the vendor's page lets it ignore them"
    if "start" in check.needs and world.process is None:
        return "needs --start CMD, so that the verifier can end and start the receiver"
    if "observe" in check.needs and world.observer is None:
        return "needs --observe URL, to see what was stored"
    return ""


def _result(world: World, check: Check, verdict: Verdict, reason: str) -> Result:
    settings = world.settings
    words = catalogue.basis(check, settings.contract, settings.events[0])
    return Result(check, verdict, reason, words)
