"""Contracts: found, read, judged; a vendor is data."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookproof.contracts import Contract, Event, Library, default_library
from hookproof.contracts.library import Home, builtin
from hookproof.errors import ContractError, UnknownNameError, UsageError
from hookproof.judge import folders, judge

VENDORS = ["backtrace", "betterbugs", "bugsplat", "instabug", "luciq"]


def test_the_five_vendors_are_there(library: Library) -> None:
    """With the events that their documents describe."""
    assert library.vendors == VENDORS
    assert sorted(library.event_names()) == [
        "backtrace.group", "betterbugs.bug", "bugsplat.notification",
        "instabug.apm", "instabug.bug", "instabug.crash", "luciq.apm", "luciq.bug", "luciq.crash",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("luciq.crash", 25), ("luciq.bug", 22), ("luciq.apm", 12), ("instabug.crash", 25), ("instabug.bug", 18),
        ("instabug.apm", 12), ("backtrace.group", 14), ("bugsplat.notification", 18), ("betterbugs.bug", 16),
    ],
)  # fmt: skip
def test_each_event_has_the_fields_that_its_document_lists(library: Library, event: str, fields: int) -> None:
    """Not one more or less."""
    from hookproof import schemas

    assert len(schemas.read(library.event(event)[1].schema_path)["properties"]) == fields


@pytest.mark.parametrize("folder", folders(builtin("contracts")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_built_in_contracts_are_good(folder: Path) -> None:
    """The same judgement that vendors' authors get."""
    assert judge(folder) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("luciq.crsh", "luciq.crash"),
        ("lucik.crash", "luciq.crash"),
        ("luciq", "luciq.apm"),
        ("backtrace.grp", "backtrace.group"),
        ("luciq.crash@2025-90", "2025-09"),
        ("nothing.like.it", "known: backtrace.group"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_known(library: Library, name: str, hint: str) -> None:
    """Vendor, event or revision."""
    with pytest.raises(UnknownNameError, match=hint):
        library.event(name)
    with pytest.raises(UnknownNameError, match="did you mean luciq"):
        library.contract("luciqq")


def test_an_event_can_name_its_revision(library: Library) -> None:
    """And is then of that revision."""
    contract, event = library.event("bugsplat.notification@2023-08")

    assert (contract.revision, str(event)) == ("2023-08", "bugsplat.notification@2023-08")


def test_the_documented_signature(library: Library) -> None:
    """The header is documented; construction, encoding and prefix are ours and say so."""
    for vendor, header in (("luciq", "x-lcq-signature-256"), ("instabug", "x-ibg-signature-256")):
        rule = library.contract(vendor).signature
        assert rule is not None
        assert (rule.header.value, rule.header.basis) == (header, "documented")
        assert (rule.construction.value, rule.encoding.value, rule.prefix.value) == ("hmac-sha256", "hex", "")
        assert {rule.construction.basis, rule.encoding.basis, rule.prefix.basis} == {"inferred"}
        assert rule.encoding.because


CONTRACT = """
name = "Acme"
summary = "Our own error service."
published = { is = "1", basis = "documented", source = "wiki" }

[sources.wiki]
title = "Our wiki"
kind = "documented"

[events.fault]
title = "A fault was seen"
identity = { is = ["/id"], basis = "documented", source = "wiki" }

[delivery]
method = { is = "POST", basis = "documented", source = "wiki" }
content_types = { is = ["application/json"], basis = "documented", source = "wiki" }
accepted = { is = "2xx", basis = "documented", source = "wiki" }
retries = { is = 0, basis = "documented", source = "wiki" }

[signature]
header = { is = "X-Acme-Signature", basis = "documented", source = "wiki" }
construction = { is = "hmac-sha256", basis = "documented", source = "wiki" }
encoding = { is = "base64", basis = "documented", source = "wiki" }
prefix = { is = "v1=", basis = "documented", source = "wiki" }
when = { is = "always", basis = "documented", source = "wiki" }

[signature.secret]
words = "8 or more characters"
pattern = { is = "^.{8,}$", basis = "documented", source = "wiki" }
sample = { is = "acme-secret", basis = "documented", source = "wiki" }
"""

SCHEMA = """{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "urn:hookproof:acme:1:fault",
  "type": "object",
  "x-fact": {"basis": "documented", "source": "wiki"},
  "properties": {
    "id": {"type": "string", "x-fact": {"basis": "documented", "source": "wiki"}},
    "message": {"type": "string", "x-fact": {"basis": "documented", "source": "wiki"}},
    "severity": {"enum": ["low", "high"], "x-fact": {"basis": "documented", "source": "wiki"}},
    "frames": {"type": "array", "items": {"type": "string"}, "x-fact": {"basis": "documented", "source": "wiki"}}
  },
  "$defs": {
    "generated": {
      "$anchor": "generated",
      "$ref": "#",
      "x-fact": {"basis": "inferred", "because": "our choice"},
      "required": ["id"],
      "unevaluatedProperties": false
    }
  }
}"""

RECIPE = """
story: crash
told: [id]
payload:
  id: "{crash.id}"
  message: "{crash.name}: {crash.message}"
  severity: "{'high' if crash.number % 2 else 'low'}"
  frames: {$for: frame in crash.frames, $do: "{frame.function}"}
"""


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """A company's own vendor, as data alone."""
    files = {
        "contracts/acme/1/contract.toml": CONTRACT,
        "contracts/acme/1/fault.schema.json": SCHEMA,
        "fixtures/acme/fault.yaml": RECIPE,
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


def test_a_vendor_of_ones_own_is_two_folders_of_data(
    acme: Path, hookproof: Callable[..., Any], tmp_path: Path, receiver: str
) -> None:
    """It is judged, generated, signed, validated and sent without a line of Python."""
    where = ("--contracts", str(acme))

    assert hookproof("contracts", "check", str(acme)).status == 0
    assert "acme.fault" in hookproof("vendors", *where).text
    generated = hookproof("generate", "acme.fault", *where, "--secret", "acme-secret", "--format", "request")
    assert '"X-Acme-Signature": "v1=' in generated.text
    body = tmp_path / "body.json"
    body.write_bytes(hookproof("generate", "acme.fault", *where, "--variant", "edge").out)
    assert hookproof("validate", str(body), "--as", "acme.fault", "--strict", *where).status == 0
    sent = hookproof("send", "acme.fault", *where, "--to", f"{receiver}/acme", "-n", "3", "--secret", "acme-secret")
    assert sent.status == 0
    assert sent.text.count(": 200 OK") == 3


def test_the_home_of_a_vendor_is_found_from_anywhere_in_it(acme: Path) -> None:
    """From the folder that holds both, the contracts, the vendor or the revision."""
    for place in (acme, acme / "contracts", acme / "contracts/acme", acme / "contracts/acme/1"):
        assert [folder.name for folder in folders(place)] == ["1"]
    assert Library([Home.at(acme / "contracts")]).event("acme.fault")[1].recipe_path.is_file()


@pytest.mark.parametrize(
    ("file", "old", "new", "flaw"),
    [
        ("contracts/acme/1/contract.toml", 'name = "Acme"', "name = ", "not valid TOML"),
        ("contracts/acme/1/contract.toml", 'name = "Acme"', "", "'name' is a required property"),
        ("contracts/acme/1/contract.toml", '"hmac-sha256"', '"md5"', "signature.construction"),
        ("contracts/acme/1/contract.toml", 'retries = { is = 0, basis = "documented", source = "wiki" }',
         'retries = { is = 0, basis = "inferred" }', "'because' is a required property"),
        ("contracts/acme/1/contract.toml", 'published = { is = "1"', 'published = { is = "2"', "the folder is '1'"),
        ("contracts/acme/1/contract.toml", 'is = 0, basis = "documented", source = "wiki"',
         'is = 0, basis = "documented", source = "wikki"', "the source 'wikki' is not one of the contract's: wiki"),
        ("contracts/acme/1/contract.toml", '["/id"]', '["/uid"]', "has no /uid"),
        ("contracts/acme/1/contract.toml", "[events.fault]", "[events.other]", "belongs to no event"),
        ("contracts/acme/1/fault.schema.json",
         '"high"], "x-fact": {"basis": "documented", "source": "wiki"}', '"high"]',
         "/properties/severity does not say what it rests on"),
        ("contracts/acme/1/fault.schema.json", '"enum": ["low", "high"]', '"type": "strin"', "not a valid JSON Schema"),
        ("contracts/acme/1/fault.schema.json", '"basis": "inferred", "because": "our choice"', '"basis": "inferred"',
         "is inferred and does not say why"),
        ("contracts/acme/1/fault.schema.json", "{\n", "{,\n", "not valid JSON"),
        ("contracts/acme/1/fault.schema.json", '["low", "high"]', '["low", "middle"]', "expected one of low, middle"),
        ("fixtures/acme/fault.yaml", "{crash.id}", "{crash.idd}", "no attribute 'idd'"),
        ("fixtures/acme/fault.yaml", "{crash.id}", "{carsh.id}", "did you mean crash"),
        ("fixtures/acme/fault.yaml", "{crash.id}", "{crash.__class__}", "which recipes cannot"),
        ("fixtures/acme/fault.yaml", "{crash.id}", "{open('/etc/passwd')}", "open"),
        ("fixtures/acme/fault.yaml", "{crash.id}", "{crash.id", "cannot be read"),
        ("fixtures/acme/fault.yaml", "story: crash", "story: crahs", "did you mean crash"),
        ("fixtures/acme/fault.yaml", "payload:", "payloda:", "did you mean payload"),
        ("fixtures/acme/fault.yaml", "$do:", "$od:", "did you mean $do"),
        ("fixtures/acme/fault.yaml", "  id:", "  extra: 1\n  id:", "is not a member the contract knows"),
        ("fixtures/acme/fault.yaml", "story: crash", "story: [", "not valid YAML"),
    ],
)  # fmt: skip
def test_a_flaw_is_told_with_its_file(acme: Path, file: str, old: str, new: str, flaw: str) -> None:
    """One thing is wrong; the judgement names it."""
    path = acme / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    told = [str(found) for found in judge(acme / "contracts/acme/1")]

    assert any(flaw in line for line in told), told


def test_a_missing_recipe_is_a_flaw(acme: Path) -> None:
    """The file that should be there is named."""
    (acme / "fixtures/acme/fault.yaml").unlink()

    assert "fault.yaml: cannot be read" in str(judge(acme / "contracts/acme/1")[0])


def test_a_stale_golden_request_is_a_flaw(acme: Path, hookproof: Callable[..., Any]) -> None:
    """Golden requests are written by a command, and must be what the generator makes."""
    shutil.rmtree(acme / "contracts/acme/1/__pycache__", ignore_errors=True)
    library = Library([Home.at(acme)])
    from hookproof.judge import golden, golden_path

    contract, event = library.event("acme.fault")
    golden_path(event).parent.mkdir()
    golden_path(event).write_bytes(golden(contract, event))
    assert judge(acme / "contracts/acme/1") == []
    golden_path(event).write_bytes(golden(contract, event).replace(b"acme", b"amce"))
    assert "not what the generator makes" in str(judge(acme / "contracts/acme/1")[0])
    assert hookproof("contracts", "golden", "--check").status == 0


def test_a_broken_contract_is_one_clear_error(acme: Path) -> None:
    """Using it does not end in a traceback, and says how to see everything."""
    path = acme / "contracts/acme/1/contract.toml"
    path.write_text(CONTRACT.replace("header = {", "haeder = {"), encoding="utf-8")
    with pytest.raises(ContractError, match=r"'header' is missing; `hookproof contracts check"):
        Library([Home.at(acme)]).event("acme.fault")


@pytest.mark.parametrize("place", ["nowhere", "empty"])
def test_a_folder_without_contracts_is_said_to_be_one(tmp_path: Path, place: str) -> None:
    """Not silently good."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError):
        folders(tmp_path / place)
    if place == "nowhere":
        with pytest.raises(UsageError, match="not a folder"):
            default_library(tmp_path / place)


def test_golden_requests_fit_their_signature(each_event: tuple[Contract, Event]) -> None:
    """Each vendor has committed examples of exact bytes, signed with the sample secret."""
    import hashlib
    import hmac
    import json

    from hookproof.judge import golden_path

    contract, event = each_event
    document = json.loads(golden_path(event).read_bytes())
    if contract.signature:
        expected = hmac.new(document["secret"].encode(), document["body"].encode(), hashlib.sha256).hexdigest()
        assert document["headers"][contract.signature.header.value] == expected


def test_every_contract_file_is_plain_data() -> None:
    """No Python in contracts/ and fixtures/."""
    for folder in ("contracts", "fixtures"):
        assert not list(builtin(folder).rglob("*.py"))
    for path in builtin("contracts").glob("*/*/contract.toml"):
        tomllib.loads(path.read_text(encoding="utf-8"))
