"""The description of the API: complete, its examples run, and it holds for requests that nobody thought of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

from serving import Service

EXAMPLE_IDS = {
    "00000000-0000-4000-8000-000000000001": "coffee.jpg",
    "00000000-0000-4000-8000-000000000002": "birdsong.ogg",
    "00000000-0000-4000-8000-000000000003": "sea.mp3",
}
"""Items that the examples name, and files of the sample that stand for them."""


@pytest.fixture(scope="module")
def described(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = service.app().openapi()
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_every_operation_is_described(described: dict[str, Any]) -> None:
    names = []
    for method, path, operation in operations(described):
        assert operation["summary"] and operation["description"], path
        assert operation["tags"], path
        names.append(operation["operationId"])
        if path.startswith("/api/"):
            problems = operation["responses"]
            assert {"401", "403", "421", "422", "429", "500"} <= problems.keys(), (method, path)
            assert "application/problem+json" in problems["422"]["content"], path
            for status, told in problems.items():
                assert told["description"], (path, status)
        if method in ("post", "put"):
            content = operation["requestBody"]["content"]
            assert all(one.get("examples") for kind, one in content.items() if kind == "application/json"), path
    assert len(names) == len(set(names))


def test_every_example_runs(service: Service, described: dict[str, Any]) -> None:
    ids = {example: service.id_of(name) for example, name in EXAMPLE_IDS.items()}
    ran = 0
    with service.client() as client:
        for method, path, operation in operations(described):
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for name, example in content.get("examples", {}).items():
                text = json.dumps(example["value"])
                for shown, real in ids.items():
                    text = text.replace(shown, real)
                address = path.replace("{name}", "an example")
                sent = {"content": text.encode(), "headers": {"content-type": "application/json"}}
                told = client.request(method.upper(), address, **sent)  # type: ignore[arg-type]
                # The library of the tests has no fingerprints: that is a state of it, which is said.
                allowed = (200, 202, 204, 409) if path.endswith("identify") else (200, 202, 204)
                assert told.status_code in allowed, (path, name, told.text)
                ran += 1
        for job in client.get("/api/v1/jobs").json()["jobs"]:
            client.delete(f"/api/v1/jobs/{job['id']}")
        client.delete("/api/v1/saved/an example")
    assert ran >= 8


BOUNDED = hypothesis.settings(
    max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(hypothesis.HealthCheck)
)
HOST = {"Host": "127.0.0.1"}


def test_what_is_described_holds(service: Service) -> None:
    """Requests that fit the description, and some that do not: no failure, no answer that is not described.

    That all that fits is answered is not asked: no schema says which items a library has, or what goes together.
    """
    schema = schemathesis.openapi.from_asgi("/openapi.json", service.app(), headers=HOST)
    failed: dict[str, str] = {}
    ran = 0
    for found in schema.exclude(path_regex="/events$").get_all_operations():
        operation = found.ok()

        @BOUNDED
        @hypothesis.given(operation.as_strategy())
        def answers_as_described(case: Any) -> None:
            case.call_and_validate(headers=HOST, excluded_checks=[positive_data_acceptance])

        try:
            answers_as_described()
        except FailureGroup as error:
            failed[operation.label] = "\n".join(str(one) for one in error.exceptions)
        ran += 1
    assert failed == {}
    assert ran > 30
