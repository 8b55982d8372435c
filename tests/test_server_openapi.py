"""The server against its own OpenAPI document: no server error, no answer that the document does not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi

from hookproof.client import Client, mock_vendors
from hookproof.server import document
from hookproof.server.feed import Feed

CHECKS = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    openapi.negative_data_rejection,
    openapi.unsupported_method,
]


@pytest.fixture(scope="module")
def served() -> Iterator[Client]:
    """A server of its own: what is made up here is wild. It waits for hundredths of the seconds that it is asked to."""
    patience = Feed.until
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Feed, "until", lambda feed, satisfied, seconds: patience(feed, satisfied, seconds / 100))
        with mock_vendors() as client:
            yield client


SCHEMA = schemathesis.openapi.from_dict(document.document())
OPERATIONS = [entry for entry in document.operations() if entry.name != "stream"]  # the stream of news does not end


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda entry: entry.name)
def test_the_server_keeps_its_own_document(served: Client, operation: document.Operation, mode: GenerationMode) -> None:
    """Whatever is sent, sensible or not."""
    world = served.within("default")
    world.reset()
    world.integrate("luciq", "http://127.0.0.1:9/hook", secret="d8yyxj7srjqf5xyih8ay", manner={"timeout": 0.1})
    world.trigger("luciq.apm")
    world.deliveries(1)
    cases = SCHEMA[operation.path][operation.method].as_strategy(generation_mode=mode)

    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases)
    def holds(case: Any) -> None:
        case.call_and_validate(base_url=served.url, checks=CHECKS, timeout=70)

    try:
        holds()
    except Unsatisfiable:  # nothing can be wrong with a request that takes nothing
        assert mode is GenerationMode.NEGATIVE
