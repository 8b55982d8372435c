"""The documentation is true: what it shows is run, what it lists is what there is."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from hookproof.cli import COMMANDS, HIDDEN
from hookproof.client import mock_vendors
from hookproof.delivery.faults import FAULTS
from hookproof.delivery.receiver import Inbox, running
from hookproof.encoding import STYLES
from hookproof.generator import VARIANTS
from hookproof.recipes.functions import FUNCTIONS

Shell = Callable[[str], "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language: str) -> list[Any]:
    result = []
    for page in PAGES:
        found = re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        for number, block in enumerate(found):
            result.append(pytest.param(block, id=f"{page.stem}-{number}"))
    return result


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """Run a line as the documentation shows it, with a receiver at the address that it shows."""
    program = tmp_path / "bin/hookproof"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m hookproof "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    (tmp_path / "work").mkdir()
    with running(Inbox({}, {})) as base, mock_vendors() as vendors:

        def run(line: str) -> subprocess.CompletedProcess[str]:
            line = line.replace("http://127.0.0.1:8000", base).replace("http://127.0.0.1:8650", vendors.url)
            return subprocess.run(
                ["/bin/sh", "-c", line], cwd=tmp_path / "work", capture_output=True, text=True, check=False
            )

        yield run


@pytest.mark.parametrize("block", blocks("console"))
def test_commands_work(block: str, shell: Shell) -> None:
    """Every command line that is shown does what it should; those that set up are the build's own test."""
    for line in block.splitlines():
        assert line.startswith("$ ")
        if "venv" in line:
            continue
        result = shell(line[2:])
        assert result.returncode == (1 if "2026-01-31T08:05:00Z" in line else 0), result.stderr
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("block", blocks("sh"))
def test_requests_work(block: str, shell: Shell) -> None:
    """Every request that is shown is answered as it should be, in its order."""
    for line in block.splitlines():
        result = shell(line[2:].replace("curl -s", "curl -s --fail-with-body", 1))
        assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("block", blocks("python"))
def test_python_works(block: str) -> None:
    """Every piece of Python runs."""
    subprocess.run([sys.executable, "-c", block], check=True, capture_output=True)


@pytest.mark.parametrize("block", blocks("yaml"))
def test_recipes_work(block: str) -> None:
    """The recipe that is shown can be told."""
    from hookproof.recipes.template import compile_template
    from hookproof.story.draw import Draw
    from hookproof.story.tale import parts_of, tell

    recipe = yaml.safe_load(block)
    parts = parts_of(recipe["story"])
    teller = compile_template(recipe["payload"], parts, recipe["tables"])
    story = tell(recipe["story"], Draw(b"docs"))

    assert teller(**{name: getattr(story, name) for name in parts})["stack"]


def test_everything_is_documented() -> None:
    """Commands, variants, styles, faults and functions are all mentioned."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)

    for name in [name for name in COMMANDS if name not in HIDDEN and name != "completion"]:
        assert f"hookproof {name}" in text
    for name in (*VARIANTS, *STYLES, *FAULTS, *FUNCTIONS):
        assert f"`{name}`" in text
    for name, (what, _) in FAULTS.items():
        assert f"| `{name}` | {what} |" in text


def test_links_lead_somewhere() -> None:
    """Within the repository."""
    for page in PAGES:
        for link in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), link


def test_the_build_runs_the_readmes_test_command() -> None:
    """What newcomers run is what the build runs."""
    assert "tox" in (ROOT / ".ci/run").read_text()
    assert ".venv/bin/tox" in (ROOT / "README.md").read_text()
