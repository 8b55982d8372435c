"""The command line, as its users call it."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookproof.cli import COMMANDS, HIDDEN
from hookproof.contracts import default_library
from hookproof.generator import VARIANTS

Run = Callable[..., Any]
SECRET = "d8yyxj7srjqf5xyih8ay"
EVENTS = default_library().event_names()


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Put bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def one_line(result: Any) -> bool:
    """Whether an error is one line, without a traceback."""
    return bool(result.status == 2 and result.err.count("\n") == 1 and result.err.startswith("hookproof: "))


def test_the_version_needs_nothing() -> None:
    """Neither click nor anything else is loaded for it, and both spellings say the same."""
    code = """if True:
        import sys
        sys.argv = ["hookproof", "--version"]
        from hookproof.__main__ import main
        main()
        assert not {"click", "typing", "json"} & set(sys.modules)
    """
    told = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, check=False)  # fmt: skip

    assert told.stderr == ""
    assert told.stdout.startswith("hookproof 0.")


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in HIDDEN])
def test_help_teaches(hookproof: Run, command: str) -> None:
    """Every command has help, and the list of commands tells what it tells."""
    result = hookproof(command, "--help")

    assert result.status == 0
    assert f"Usage: hookproof {command}" in result.text
    assert COMMANDS[command] in hookproof("--help").text
    if command in ("generate", "send", "validate"):
        assert f"  hookproof {command} " in result.text


def test_vendors(hookproof: Run) -> None:
    """A table for people, JSON for programs."""
    table = hookproof("vendors").text
    entries = json.loads(hookproof("vendors", "--json").text)

    assert all(name in table for name in EVENTS)
    assert [entry["vendor"] for entry in entries] == default_library().vendors
    assert entries[-1]["signature"]["encoding"]["basis"] == "inferred"
    assert all(entry["sources"] for entry in entries)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_generated_is_valid(hookproof: Run, monkeypatch: pytest.MonkeyPatch, event: str, variant: str) -> None:
    """Through a pipe, as a stream, by both profiles."""
    count = [] if variant == "coverage" else ["-n", "6"]
    bodies = hookproof("generate", event, "--variant", variant, *count).out
    for strict in ([], ["--strict"]):
        feed(monkeypatch, bodies)
        judged = hookproof("validate", "-", "--as", event, *strict)
        assert judged.status == 0, judged.out
        assert "all keep the contract" in judged.err


def test_the_request_format(hookproof: Run) -> None:
    """One JSON object a line, with what a consumer needs to replay it."""
    result = hookproof("generate", "luciq.crash", "-n", "3", "--seed", "7", "--secret", SECRET, "--format", "request")
    lines = [json.loads(line) for line in result.text.splitlines()]

    assert [line["index"] for line in lines] == [0, 1, 2]
    assert list(lines[0]) == ["vendor", "event", "revision", "seed", "index", "method", "headers", "body"]
    assert (lines[0]["vendor"], lines[0]["event"], lines[0]["revision"], lines[0]["seed"], lines[0]["method"]) == (
        "luciq", "luciq.crash", "2025-09", 7, "POST",
    )  # fmt: skip
    assert len(lines[0]["headers"]["x-lcq-signature-256"]) == 64
    assert json.loads(lines[0]["body"])["Exception"]


def test_start_picks_a_request_out_of_a_run(hookproof: Run) -> None:
    """Request 5 alone is request 5 of a run."""
    run = hookproof("generate", "luciq.apm", "-n", "6").text.splitlines()

    assert hookproof("generate", "luciq.apm", "--start", "5").text.splitlines() == run[5:]


def test_the_curl_line_sends_the_same_bytes(hookproof: Run, tmp_path: Path) -> None:
    """Even bytes that a shell finds hard. The line is run with a curl that writes down its arguments."""
    fake = tmp_path / "curl"
    fake.write_text('#!/bin/sh\nfor a; do printf "%s\\n" "$a"; done > "$OUT.args"\n'
                    'case "$*" in *"@-"*) cat > "$OUT";; *) while [ "$1" != --data-raw ]; do shift; done; '
                    'printf %s "$2" > "$OUT";; esac\n')  # fmt: skip
    fake.chmod(0o755)
    for variant in ("typical", "edge"):
        for start in range(12):
            options = ("luciq.bug", "--variant", variant, "--start", str(start), "--style", "spaced")
            line = hookproof("generate", *options, "--format", "curl", "--url", "http://127.0.0.1:1/x?y='z'").text
            body = json.loads(hookproof("generate", *options, "--format", "request").text)["body"]
            out = tmp_path / "out"
            environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "OUT": str(out)}
            subprocess.run(["/bin/sh", "-c", line], env=environment, check=True)
            assert out.read_bytes() == body.encode("utf-8")
            assert "http://127.0.0.1:1/x?y='z'" in (tmp_path / "out.args").read_text().splitlines()


def test_the_http_and_har_formats(hookproof: Run) -> None:
    """As they go over the wire, and as proxies read them."""
    wire = hookproof("generate", "backtrace.group", "--format", "http", "--url", "http://127.0.0.1:9/h?a=b").out
    archive = json.loads(hookproof("generate", "backtrace.group", "-n", "2", "--format", "har").text)
    head, _, body = wire.partition(b"\r\n\r\n")

    assert head.startswith(b"POST /h?a=b HTTP/1.1\r\nHost: 127.0.0.1:9\r\nContent-Type: application/json\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert len(archive["log"]["entries"]) == 2
    assert archive["log"]["version"] == "1.2"


def test_a_body_that_is_no_text_travels_as_base64() -> None:
    """In the request format."""
    import hookproof as library

    request = library.generate("luciq.apm")
    request.body = b"\xff\xfe"

    assert base64.b64decode(request.as_dict()["body_base64"]) == b"\xff\xfe"


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_is_accepted_by_the_sample_receiver(hookproof: Run, receiver: str, event: str) -> None:
    """Sent with a real client to a real server that checks signatures and credentials."""
    vendor = event.split(".")[0]
    secret = ["--secret", SECRET] if vendor in ("luciq", "instabug") else []
    for variant in ("typical", "minimal", "full", "edge", "coverage"):
        result = hookproof("send", event, "--to", f"{receiver}/{vendor}", "--variant", variant, *secret)
        assert result.status == 0, result.err
        assert "200 OK" in result.text


def test_a_refusal_is_shown_and_exits_1(hookproof: Run, receiver: str) -> None:
    """With the status and what was said."""
    result = hookproof("send", "luciq.crash", "--to", f"{receiver}/luciq", "-n", "2")

    assert result.status == 1
    assert result.text.count("401 Unauthorized") == 2
    assert "0 of 2 accepted" in result.err


def test_send_speaks_json(hookproof: Run, receiver: str) -> None:
    """One object a line."""
    arguments = ("--to", f"{receiver}/luciq", "--secret", SECRET, "--fault", "tamper,duplicate", "--json")
    result = hookproof("send", "luciq.bug", *arguments)
    lines = [json.loads(line) for line in result.text.splitlines()]

    assert [(line["status"], line["accepted"], line["faults"]) for line in lines] == [
        (401, False, ["tamper", "duplicate"])
    ] * 2


def test_a_target_that_is_not_loopback_needs_a_word(hookproof: Run) -> None:
    """And the error says which."""
    result = hookproof("send", "bugsplat.notification", "--to", "http://192.0.2.1/")

    assert one_line(result)
    assert "--allow-target 192.0.2.1" in result.err


def test_nobody_listens(hookproof: Run) -> None:
    """Exit 2: no receiver has given a verdict."""
    result = hookproof("send", "bugsplat.notification", "--to", "http://127.0.0.1:1/")

    assert result.status == 2
    assert "connection refused; is the receiver running?" in result.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("generat",), "did you mean generate"),
        (("generate",), "which EVENT"),
        (("generate", "luciq.crsh"), "did you mean luciq.crash"),
        (("generate", "luciq.crash", "--variant", "typicl"), "did you mean typical"),
        (("generate", "luciq.crash", "--style", "x"), "known: compact"),
        (("generate", "luciq.crash", "--format", "curll"), "did you mean curl"),
        (("generate", "luciq.crash", "--set", "Email"), "--set takes PATH=JSON"),
        (("generate", "luciq.crash", "--set", "Email=x@y"), "text needs quotes"),
        (("generate", "luciq.crash", "--set", "/Emial=1"), "did you mean /Email"),
        (("generate", "luciq.crash", "--drop", "/No/Where"), "unknown path '/No'"),
        (("generate", "luciq.crash", "--secret", "short"), "16 to 64 letters and digits"),
        (("generate", "bugsplat.notification", "--secret", SECRET), "does not sign"),
        (("generate", "luciq.crash", "--basic", "a:b"), "sends no credentials"),
        (("generate", "backtrace.group", "--basic", "ab"), "USER:PASSWORD"),
        (("generate", "luciq.crash", "--header", "X"), "--header takes NAME:VALUE"),
        (("generate", "luciq.crash", "--signature", "encoding=x"), "unknown encoding"),
        (("generate", "luciq.crash", "--content-type", "multipart"), "unknown content type of luciq"),
        (("generate", "luciq.crash", "--contracts", "/nonexistent"), "is not a folder"),
        (("generate", "--from-manifest", "x"), "goes with -o"),
        (("validate", "nonexistent.json", "--as", "luciq.crash"), "No such file"),
        (("validate", ".", "--as", "luciq.crash"), "Is a directory"),
        (("send", "luciq.crash", "--to", "nonsense", "--secret", SECRET), "not a URL to send to"),
        (
            ("send", "luciq.crash", "--to", "http://127.0.0.1:1", "--fault", "tampr", "--secret", SECRET),
            "did you mean tamper",
        ),
        (("send", "bugsplat.notification", "--to", "http://127.0.0.1:1", "--fault", "wrong-signature"), "has none"),
        (("contracts", "check", "/nonexistent"), "is not a folder"),
    ],
)
def test_what_a_user_can_get_wrong_is_one_clear_line(hookproof: Run, arguments: tuple[str, ...], said: str) -> None:
    """Exit 2, and the line says how to do it right."""
    result = hookproof(*arguments)

    assert result.status == 2
    assert "Traceback" not in result.err
    last = result.err.splitlines()[-1]
    assert last.startswith("hookproof: ")
    assert said in last


@pytest.mark.parametrize(
    "arguments",
    [("generate", "luciq.crash", "-n", "0"), ("generate", "luciq.crash", "--nope"), ("send", "luciq.crash"),
     ("validate",), ("generate", "luciq.crash", "--at", "yesterday")],
)  # fmt: skip
def test_wrong_usage_shows_the_usage(hookproof: Run, arguments: tuple[str, ...]) -> None:
    """As every command line does, with exit 2."""
    result = hookproof(*arguments)

    assert result.status == 2
    assert "Usage: hookproof" in result.err


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"{", "not valid JSON"),
        (b'{"a": "\xff\xfe"}', "not valid UTF-8"),
        (b'{"a":1}\n{"a":\n{"a":2}\n', "standard input:2: not valid JSON"),
        (b"x" * (17 << 20), "larger than 16 MiB"),
    ],
)
def test_input_that_cannot_be_read_exits_2(
    hookproof: Run, monkeypatch: pytest.MonkeyPatch, data: bytes, said: str
) -> None:
    """One line says why."""
    feed(monkeypatch, data)
    result = hookproof("validate", "-", "--as", "luciq.crash")

    assert result.status == 2
    assert said in result.err
    assert "Traceback" not in result.err


def test_a_file_of_100_megabytes(hookproof: Run, tmp_path: Path) -> None:
    """As one payload it is refused without being read; as a stream it is judged line by line."""
    path = tmp_path / "big.json"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    refused = hookproof("validate", path, "--as", "luciq.crash")
    assert refused.status == 2
    assert "larger than 16 MiB" in refused.err
    line = json.dumps({"Console Log": "x" * 1_000_000}).encode() + b"\n"
    with path.open("wb") as file:
        for _ in range(100):
            file.write(line)
    streamed = hookproof("validate", path, "--as", "luciq.crash")
    assert (streamed.status, "100 judged" in streamed.err) == (0, True)


def test_a_broken_payload_exits_1_and_says_where(hookproof: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Place, pointer, problem, basis; the same as JSON."""
    stream = b'{"Duration": 3}\n{"Duration": "3"}\n'
    feed(monkeypatch, stream)
    text = hookproof("validate", "-", "--as", "luciq.crash")
    feed(monkeypatch, stream)
    entries = [
        json.loads(line) for line in hookproof("validate", "-", "--as", "luciq.crash", "--json").text.splitlines()
    ]

    assert text.status == 1
    assert text.text == 'standard input:2: /Duration: expected number, got "3" [documented in webhook]\n'
    assert [entry["valid"] for entry in entries] == [True, False]
    assert entries[1]["findings"][0]["pointer"] == "/Duration"


@pytest.mark.parametrize(
    ("data", "count"), [(b'{\n "Duration": 3\n}\n', 1), (b"{}\n", 1), (b"{}\n\n{}\n", 2), (b"{}\n{}", 2)]
)
def test_a_stream_is_told_from_a_payload_on_several_lines(
    hookproof: Run, monkeypatch: pytest.MonkeyPatch, data: bytes, count: int
) -> None:
    """By its first line."""
    feed(monkeypatch, data)
    result = hookproof("validate", "-", "--as", "luciq.crash")

    assert result.status == 0
    assert f"{count} judged" in result.err


def test_payload_text_never_reaches_the_terminal_as_it_is(hookproof: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Escape sequences of a hostile payload are shown, not obeyed."""
    feed(monkeypatch, json.dumps({"Duration": "\x1b[2J[bold]x"}).encode())
    result = hookproof("validate", "-", "--as", "luciq.crash")

    assert "\x1b" not in result.text
    assert "[bold]" in result.text


def test_a_closed_pipe_is_no_trouble() -> None:
    """`generate | head` ends quietly."""
    command = (
        f"{sys.executable} -m hookproof generate luciq.bug -n 2000 --seed 1 | head -c 100 >&2; echo ${{PIPESTATUS[0]}}"
    )
    told = subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, check=True)

    assert told.stdout.strip() in ("0", "1", "141")
    assert "Traceback" not in told.stderr
    assert "Broken pipe" not in told.stderr


def test_completion(hookproof: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """For three shells, down to the names of events."""
    for shell in ("bash", "zsh", "fish"):
        assert "_HOOKPROOF_COMPLETE" in hookproof("completion", shell).text
    monkeypatch.setenv("_HOOKPROOF_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "hookproof generate luciq.c")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert "plain,luciq.crash" in hookproof().text


def test_the_schema_can_be_taken_along(hookproof: Run) -> None:
    """For other tools."""
    schema = json.loads(hookproof("contracts", "schema", "luciq.crash").text)

    assert schema["$defs"]["generated"]["$anchor"] == "generated"


def test_the_demo_delivers_one_event_of_each_kind(hookproof: Run) -> None:
    """All accepted, shown in a table."""
    result = hookproof("demo")

    assert result.status == 0
    assert all(name in result.text for name in EVENTS)
    assert result.text.count("200 OK") == 10  # a new group is notified of as report and as group
    assert "10 of 10 accepted" in result.text


def test_the_words_are_built_with_faker(hookproof: Run, tmp_path: Path) -> None:
    """The same Faker gives the same table, and it has what the committed one has."""
    hookproof("words", "-o", tmp_path / "one.json")
    hookproof("words", "-o", tmp_path / "two.json")
    from hookproof.story import words

    built = json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert {name: len(table) for name, table in built.items()} == {name: len(t) for name, t in words.faker().items()}
