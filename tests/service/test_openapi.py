"""The OpenAPI document keeps its word: whatever it allows gets an answer that it describes, and never a 500."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.errors import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .process import Served, served

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 3
"""For each route; `pytest -k openapi` with a larger number looks longer."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("openapi"), max_pixels=1_000_000) as running:
        yield running


@pytest.mark.slow
def test_every_route_answers_as_the_document_says(service: Served) -> None:
    document = httpx.get(f"{service.url}/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=service.url)
    failures: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()

        @hypothesis.given(case=operation.as_strategy())
        @hypothesis.settings(
            max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.generate],
        )  # fmt: skip
        def ask(case: schemathesis.Case) -> None:
            try:
                case.call_and_validate(checks=CHECKS, timeout=60)
            except FailureGroup as group:
                failures.append(f"{case.method} {case.path}: {group.exceptions}")

        ask()
    faults = [line for line in service.lines if '"failed"' in line]
    assert not failures, "\n".join([*failures, *faults])
