"""The list that the transports in Rust are held to as well, for each way to send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conformance import CLIENTS, Cases

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask the program for the names."""
    if "name" in metafunc.fixturenames:
        cases = Cases("blocking")
        metafunc.parametrize("name", cases.names())
        cases.stop()


@pytest.fixture(scope="module", params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def cases(client: str) -> Iterator[Cases]:
    cases = Cases(client)
    yield cases
    # What was not played counts as wrong.
    summary = cases.ask({"end": True})
    cases.stop()
    assert summary["ok"], summary
    assert summary["played"] == summary["names"] > 0


def test_a_case_comes_out_as_it_does_over_every_transport(cases: Cases, name: str) -> None:
    verdict = cases.play(name)
    assert verdict == {"ok": True}, verdict
