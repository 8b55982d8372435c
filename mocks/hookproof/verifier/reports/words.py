"""How evidence is put into words; the same in every report."""

from __future__ import annotations

import re

from hookproof.verifier.model import Result


def lines(result: Result) -> list[tuple[str, str]]:
    """Return what there is to say of a failure, as (label, text), in the order in which it is told."""
    told = [("reason", result.reason)]
    if evidence := result.evidence:
        request, response = evidence.request, evidence.response
        said = response.get("trouble") or f"{response['status']} {response['reason']}".strip()
        body = response.get("body", "")
        told.append(("sent", f"{request['method']} {request['url']}, {request['framing']}"))
        told.append(("came back", f"{said}: {body[:200]}" if body else said))
        told.append(("again", request["curl"]))
    return [*told, ("why", result.check.why), ("fix", result.check.fix), ("basis", result.basis)]


def printable(text: str) -> str:
    """Replace what XML and terminals cannot hold: control characters but line breaks and tabs, half characters."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
