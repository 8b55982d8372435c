"""The house keeps its shape: layers, no vendor's name in code, one package, cheap imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hookproof

PACKAGE = Path(hookproof.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

LAYERS = [
    ["version", "errors"],
    ["pointers", "schemas", "contracts.model", "contracts.library", "contracts"],
    ["validation", "signing", "encoding", "request"],
    ["story.draw", "story.words", "story.world", "story.session", "story.crash", "story.bug", "story.group",
     "story.thread", "story.alert", "story.tale", "story.edge", "story"],
    ["recipes.functions", "recipes.template", "recipes.recipe", "recipes"],
    ["coverage", "generator"],
    ["corpus", "judge", "story.providers", "delivery.targets", "delivery.faults", "delivery.wire", "delivery.engine",
     "delivery.receiver", "delivery"],
    ["verifier.model", "verifier", "delivery.hosting"],
    ["verifier.observer", "verifier.process", "verifier.canary", "verifier.evidence"],
    ["verifier.world"],
    ["verifier.maker", "verifier.probe"],
    ["verifier.checks.bodies", "verifier.checks"],
    ["verifier.checks.signatures", "verifier.checks.credentials", "verifier.checks.http", "verifier.checks.payload",
     "verifier.checks.delivery"],
    ["verifier.catalogue", "verifier.reports.words"],
    ["verifier.runner"],
    ["verifier.session", "verifier.reports", "verifier.reports.terminal", "verifier.reports.junit",
     "verifier.reports.sarif", "verifier.reports.page"],
    ["server", "server.problem", "server.document", "server.assets", "server.journal", "server.settings"],
    ["server.clock", "server.feed", "server.notice", "server.guard", "server.scenario"],
    ["server.model"],
    ["server.event", "server.lane", "server.views"],
    ["server.maker", "server.rows"],
    ["server.namespace"],
    ["server.host"],
    ["server.operations.call"],
    ["server.operations.server", "server.operations.deliveries", "server.operations.events", "server.operations.time"],
    ["server.operations.integrations"],
    ["server.operations"],
    ["server.app"],
    ["server.running"],
    ["client", "stubs"],
    ["pact", "pact.matching", "pact.matcher", "pact.proxy", "pact.states", "pact.runner"],
    ["pact.interactions"],
    ["pact.document"],
    ["pact.expectation", "pact.verification"],
    ["pact.promise", "pact.reports", "pact.pytest"],
    ["pact.consumer"],
    ["api", ""],
    ["pytest_plugin"],
    ["cli", "cli.console", "cli.options", "cli.vendors", "cli.generate", "cli.send", "cli.validate", "cli.demo",
     "cli.contracts", "cli.completion", "cli.words", "cli.verify", "cli.checks", "cli.serve", "cli.pact"],
    ["__main__"],
]  # fmt: skip
"""Each module may import from its own layer and those above it in this list."""


def name_of(path: Path) -> str:
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "hookproof":
            module = (node.module or "").removeprefix("hookproof").removeprefix(".")
            known = {name_of(other) for other in MODULES}
            inner = {f"{module}.{alias.name}".lstrip(".") for alias in node.names}
            names |= (inner & known) or {module}
    return names


def level(name: str) -> int:
    return next(index for index, layer in enumerate(LAYERS) if name in layer)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    """A module has its place in a layer, and imports from none below."""
    for other in imported(path):
        assert level(other) <= level(name_of(path)), f"{name_of(path)} imports {other}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_stay_small(path: Path) -> None:
    """One noun each, at most 330 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 330


def test_no_code_knows_a_vendor() -> None:
    """A vendor is data: outside of docstrings and help, no module names one."""
    vendors = re.compile("luciq|instabug|backtrace|bugsplat|betterbugs|lcq|ibg", re.IGNORECASE)
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, (ast.Compare, ast.If, ast.IfExp, ast.Match, ast.Subscript)):
                inner = (
                    [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
                    if not isinstance(node, ast.If)
                    else [part.value for part in ast.walk(node.test) if isinstance(part, ast.Constant)]
                )
                assert not any(isinstance(value, str) and vendors.search(value) for value in inner), path


@pytest.mark.parametrize(
    "module", ["faker", "click", "rich", "jsonschema", "jinja2", "yaml", "asyncio", "httptools", "typing"]
)
def test_importing_the_package_loads_nothing_heavy(module: str) -> None:
    """The pytest plugin and every script pay for it."""
    code = (
        f"import sys; before = set(sys.modules); import hookproof; assert {module!r} not in set(sys.modules) - before"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True,
                   env={"PYTHONPATH": ":".join([str(PACKAGE.parent), *sys.path])})  # fmt: skip


def test_generating_does_not_load_faker() -> None:
    """Its words are data; loading it would cost more than a hundred requests."""
    code = "import sys, hookproof; hookproof.generate('luciq.crash'); assert 'faker' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
