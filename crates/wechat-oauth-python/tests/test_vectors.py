"""The questions that every language is asked, with their answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import runner

VECTORS = sorted((Path(__file__).parents[3] / "tests" / "vectors").glob("*.json"))


def test_there_are_vectors() -> None:
    assert VECTORS


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_every_answer_is_the_same_to_the_byte(path: Path) -> None:
    for vector in json.loads(path.read_text(encoding="utf-8")):
        assert runner.answer(vector) == vector["out"], vector["name"]


def test_the_runner_answers_line_by_line() -> None:
    asked = '{"do":"browser_kind","in":{"user_agent":""}}\n{"do":"explain","in":{"code":1}}\n'
    program = [sys.executable, runner.__file__]
    done = subprocess.run(program, input=asked, capture_output=True, text=True, check=True)
    assert done.stdout == '{"browser":"desktop"}\nnull\n'
