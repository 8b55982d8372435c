"""The pytest plugin: fixtures for tests of receivers, and a test for each check of the verifier.

    pytest --hookproof-url http://127.0.0.1:8000/hook --hookproof-vendor luciq --hookproof-secret ...
    pytest --hookproof-app myservice:app --hookproof-path /hook --hookproof-vendor luciq --hookproof-secret ...

It loads nothing of hookproof until something is used. ``-p no:hookproof`` switches it off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

OPTIONS = {
    "url": "The receiver to verify: adds a test for each check.",
    "app": "An application object to verify, module:attribute; it is served on a free port.",
    "path": "The path of the receiver in --hookproof-app. Default: /.",
    "vendor": "The vendor: luciq, or luciq@2025-09.",
    "secret": "The secret that the receiver is configured with.",
    "basic": "USER:PASS that the receiver checks.",
    "observe": "A URL, or a path with --hookproof-app, whose GET returns a JSON array of what was stored.",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("hookproof", "webhook receivers")
    for name, text in OPTIONS.items():
        group.addoption(f"--hookproof-{name}", dest=f"hookproof_{name}", default=None, help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Check that the options make sense together."""
    given = {name for name in OPTIONS if config.getoption(f"hookproof_{name}") is not None}
    if given & {"url", "app"} and "vendor" not in given:
        raise pytest.UsageError("--hookproof-url and --hookproof-app go with --hookproof-vendor")
    if {"url", "app"} <= given:
        raise pytest.UsageError("give --hookproof-url or --hookproof-app, not both")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add a test for each check, before -k and -m choose among all tests."""
    if config.getoption("hookproof_url") or config.getoption("hookproof_app"):
        collector = Checks.from_parent(session, name="hookproof")
        items.extend(collector.collect())


class Checks(pytest.Collector):
    """The checks of the verifier."""

    def collect(self) -> Iterable[Check]:
        """Yield an item for each check."""
        from hookproof.verifier import catalogue

        for name in catalogue.checks():
            yield Check.from_parent(self, name=name)


class Verdict(Exception):  # noqa: N818 (it is a verdict, not an error)
    """A check has failed; the text is what the report says."""


class Check(pytest.Item):
    """One check as a test: fails where the verdict is fail, is skipped where it is inconclusive or does not apply."""

    def runtest(self) -> None:
        """Run the check."""
        from hookproof.errors import HookproofError

        try:
            result = _verify(self.config, self.name)
        except HookproofError as error:
            raise Verdict(str(error)) from None
        if result.verdict == "fail":
            from hookproof.verifier.reports.words import lines

            raise Verdict("\n".join(f"{label:>10}  {text[:600]}" for label, text in lines(result)))
        if result.verdict != "pass":
            pytest.skip(f"{result.verdict.replace('_', ' ')}: {result.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what the report says, without a traceback."""
        if isinstance(excinfo.value, Verdict):
            return f"{self.name}\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Say where the test is from."""
        return self.config.rootpath, None, f"hookproof: {self.name}"


def _verify(config: pytest.Config, name: str) -> Any:
    import hookproof

    option = {key: config.getoption(f"hookproof_{key}") for key in OPTIONS}
    base = config.stash.get(_BASE, "")
    if option["app"] and not base:
        from hookproof.delivery.hosting import load, serving

        stack = ExitStack()
        base = config.stash[_BASE] = stack.enter_context(serving(load(option["app"])))
        config.add_cleanup(stack.close)
    url = base + (option["path"] or "/") if base else option["url"]
    observe = base + option["observe"] if base and option["observe"] else option["observe"]
    configured = {key: option[key] for key in ("secret", "basic") if option[key]}
    report = hookproof.verify(url, vendor=option["vendor"], observe=observe, only=(name,), **configured)
    return report.results[0]


_BASE = pytest.StashKey[str]()
_NAMESPACES = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def mock_vendors_server() -> Iterator[Any]:
    """A mock vendor server in this process, one for all tests; each worker of xdist has its own."""
    from hookproof.client import mock_vendors

    with mock_vendors() as client:
        yield client


@pytest.fixture
def mock_vendors(mock_vendors_server: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A namespace of its own for each test, on the mock vendor server: a :class:`hookproof.client.Client`."""
    count = request.config.stash[_NAMESPACES] = request.config.stash.get(_NAMESPACES, 0) + 1
    client = mock_vendors_server.within(f"test-{count}")
    try:
        yield client
    finally:
        client.delete()


@pytest.fixture
def signed_request() -> Callable[..., Any]:
    """Make requests as vendors send them: ``signed_request("luciq.crash", secret=...)``. See hookproof.generate."""
    import hookproof

    return hookproof.generate


@pytest.fixture
def hookproof_receiver() -> Iterator[Callable[[Any], str]]:
    """Serve WSGI and ASGI application objects: ``hookproof_receiver(app)`` returns the base URL."""
    from hookproof.delivery.hosting import serving

    with ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app))


@pytest.fixture
def hookproof_pact() -> Callable[..., Any]:
    """Verify a receiver by a vendor's pact: ``hookproof_pact(app, vendor="luciq", path="/hook", states=...)``."""
    from hookproof.pact.pytest import verified

    return verified


@pytest.fixture
def hookproof_verify() -> Callable[..., Any]:
    """Verify a receiver and fail with the report's words: ``hookproof_verify(url, vendor="luciq", secret=...)``."""
    import hookproof

    def verify(url: str, **options: Any) -> Any:
        report = hookproof.verify(url, **options)
        if report.failures:
            told = "\n".join(
                f"{result.check.id}: {result.reason} Fix: {result.check.fix}" for result in report.failures
            )
            pytest.fail(told, pytrace=False)
        return report

    return verify
