"""Corpora: whole or not there, and made again byte for byte."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
SECRET = "d8yyxj7srjqf5xyih8ay"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("form", ["payload", "request", "curl", "http", "har"])
def test_a_corpus_is_made_again_from_its_manifest(tmp_path: Path, hookproof: Run, form: str) -> None:
    """Byte for byte, in every format, with every option that decides bytes."""
    options = ["--variant", "edge", "--style", "rails", "--seed", "word", "--set", "Email=\"\"", "--drop", "Battery",
               "--at", "2031-01-02T03:04:05Z", "--base-url", "http://127.0.0.1:1/", "--header", "X-A: b",
               "--signature", "prefix=sha256=", "--secret", SECRET]  # fmt: skip
    made = hookproof("generate", "luciq.crash", "-n", "7", "--format", form, "-o", str(tmp_path / "a"), *options)
    again = hookproof("generate", "--from-manifest", str(tmp_path / "a/manifest.json"), "-o", str(tmp_path / "b"),
                      "--secret", SECRET)  # fmt: skip

    assert (made.status, again.status) == (0, 0)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert len(contents(tmp_path / "a")) == (2 if form == "har" else 8)
    assert SECRET not in (tmp_path / "a/manifest.json").read_text()


def test_a_corpus_of_coverage_needs_no_count(tmp_path: Path, hookproof: Run) -> None:
    """The variant says how many there are."""
    result = hookproof("generate", "backtrace.group", "--variant", "coverage", "-o", str(tmp_path / "c"))

    assert result.status == 0
    assert "44 of 44 branches" in result.err
    assert hookproof("generate", "--from-manifest", tmp_path / "c/manifest.json", "-o", tmp_path / "d").status == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hookproof": "0.0.1"}, "made by hookproof 0.0.1"),
        ({"data": "0" * 64}, "other contracts, recipes or words"),
        ({"seed": 8}, "came out with other bytes"),
        ({"count": None}, "not a manifest"),
        ({"options": {}}, "not a manifest"),
        ({"event": "luciq.crsh"}, "did you mean luciq.crash"),
    ],
)
def test_a_manifest_that_does_not_fit_says_so(
    tmp_path: Path, hookproof: Run, change: dict[str, Any], said: str
) -> None:
    """Instead of silently differing; and leaves no folder behind."""
    hookproof("generate", "luciq.crash", "-n", "2", "-o", tmp_path / "a")
    manifest = tmp_path / "a/manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | change))
    result = hookproof("generate", "--from-manifest", manifest, "-o", tmp_path / "b")

    assert result.status == 2
    assert said in result.err
    assert result.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_manifest_holds_no_secret(tmp_path: Path, hookproof: Run) -> None:
    """So it has to be given again."""
    hookproof("generate", "luciq.crash", "--secret", SECRET, "-o", tmp_path / "a")
    result = hookproof("generate", "--from-manifest", tmp_path / "a/manifest.json", "-o", tmp_path / "b")

    assert result.status == 2
    assert "--secret, which a manifest does not hold" in result.err


@pytest.mark.parametrize("broken", ["", "{", "[]", "nothing"])
def test_a_file_that_is_no_manifest(tmp_path: Path, hookproof: Run, broken: str) -> None:
    """Is one line and exit 2."""
    path = tmp_path / "manifest.json"
    if broken != "nothing":
        path.write_text(broken)
    result = hookproof("generate", "--from-manifest", path, "-o", tmp_path / "b")

    assert result.status == 2
    assert result.err.count("\n") == 1


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path, hookproof: Run) -> None:
    """Nothing is mixed up or overwritten."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/keep").write_text("mine")
    result = hookproof("generate", "luciq.crash", "-o", tmp_path / "a")

    assert result.status == 2
    assert "not an empty folder" in result.err
    assert contents(tmp_path / "a") == {"keep": b"mine"}


def test_a_place_that_cannot_be_written(tmp_path: Path, hookproof: Run) -> None:
    """For a corpus and for a file: one line, exit 2."""
    (tmp_path / "file").write_text("")
    for output in (tmp_path / "file/corpus", tmp_path / "file/one.json", tmp_path / "no/such/one.json"):
        result = hookproof("generate", "luciq.crash", "-o", output)
        assert result.status == 2
        assert "cannot write" in result.err
        assert result.err.splitlines()[-1].startswith("hookproof: ")


def test_an_interrupted_corpus_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    """Ctrl-C in the middle: exit 2, one word, no folder."""
    command = [
        sys.executable,
        "-m",
        "hookproof",
        "generate",
        "luciq.crash",
        "-n",
        "1000000",
        "-o",
        str(tmp_path / "big"),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    began = time.monotonic()
    while not any(tmp_path.glob(".big-*/0100.json")) and not any(tmp_path.glob(".big-*/000100.json")):
        assert time.monotonic() - began < 30
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 2
    assert err.splitlines()[-1] == "hookproof: interrupted"
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_single_file_is_whole_or_not_there(tmp_path: Path, hookproof: Run) -> None:
    """A failure in the middle leaves the old file."""
    path = tmp_path / "requests.jsonl"
    path.write_text("old")
    failed = hookproof("generate", "luciq.crash", "-n", "5", "--format", "request", "--drop", "/Nope", "-o", path)

    assert failed.status == 2
    assert path.read_text() == "old"
    assert hookproof("generate", "luciq.crash", "-n", "5", "--format", "request", "-o", path).status == 0
    assert len(path.read_text().splitlines()) == 5
    assert [entry.name for entry in tmp_path.iterdir()] == ["requests.jsonl"]
