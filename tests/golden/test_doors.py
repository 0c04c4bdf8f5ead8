"""The same file gives the same answer through every door, and the answer that was agreed on.

Between doors the JSON is byte-identical but for what belongs to the asking. Against the golden files, numbers may move
by `TOLERANCE`: encoders and processors differ between machines in the last bits of a pixel or a product.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from brushwork import Examiner
from brushwork.service.app import create_app
from brushwork.settings import Settings
from tests.made.examples import EXAMPLES, Example, write

from .doors import ENCODED, answer_of, by_bytes, by_command, by_image, by_path
from .write import EXPECTED

TOLERANCE = 0.05
NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("examples")
    write(made)
    return made


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    return Examiner.from_bundle("default")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    database = tmp_path_factory.mktemp("store") / "golden.sqlite3"
    settings = Settings(database_url=f"sqlite:///{database}")
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture(scope="module")
def from_command(folder: Path) -> dict[str, str]:
    paths = [folder / example.name for example in EXAMPLES]
    return {path.name: answer for path, answer in zip(paths, by_command(paths), strict=True)}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_every_door_gives_the_same_json(
    example: Example, folder: Path, examiner: Examiner, client: TestClient, from_command: dict[str, str]
) -> None:
    path = folder / example.name
    answer = by_path(examiner, path)
    assert by_bytes(examiner, path) == answer
    assert by_image(examiner, path) == answer
    assert from_command[example.name] == answer
    response = client.post("/v1/verdicts", files={"image": (example.name, path.read_bytes())})
    assert response.status_code == 200
    assert answer_of(response.json()) == answer


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_the_answer_is_the_agreed_one(example: Example, folder: Path, examiner: Examiner) -> None:
    expected = json.loads((EXPECTED / f"{example.name}.json").read_text(encoding="utf-8"))
    found = json.loads(by_path(examiner, folder / example.name))
    for key in ENCODED:
        del found["input"][key]
    assert differences(expected, found) == []


def test_no_golden_file_is_left_over() -> None:
    assert {p.name for p in EXPECTED.iterdir()} == {f"{example.name}.json" for example in EXAMPLES}


def differences(expected: Any, found: Any, where: str = "") -> list[str]:
    """Paths at which two JSON values differ by more than the tolerance allows; numbers inside of texts count, too."""
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = expected.keys() | found.keys()
        return [d for key in sorted(keys) for d in differences(expected.get(key), found.get(key), f"{where}.{key}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            d for i, (e, f) in enumerate(zip(expected, found, strict=True)) for d in differences(e, f, f"{where}[{i}]")
        ]
    return [] if _same(expected, found) else [f"{where}: expected {expected!r}, found {found!r}"]


def _same(expected: Any, found: Any) -> bool:
    if isinstance(expected, float | int) and isinstance(found, float | int):
        return abs(expected - found) <= TOLERANCE * max(1.0, abs(expected))
    if isinstance(expected, str) and isinstance(found, str):
        numbers = zip(NUMBER.findall(expected), NUMBER.findall(found), strict=False)
        return NUMBER.sub("#", expected) == NUMBER.sub("#", found) and all(
            _same(float(a), float(b)) for a, b in numbers
        )
    return bool(expected == found)


def test_the_comparison_itself_can_fail() -> None:
    golden = {"answer": "cannot_tell", "p": 0.5, "why": "score 0.50", "list": [1, 2]}
    assert differences(golden, {**golden, "p": 0.52, "why": "score 0.52"}) == []
    for change in ({"answer": "looks_ai"}, {"p": 0.6}, {"why": "score 0.99"}, {"why": "mark 0.50"}, {"list": [1]}):
        assert differences(golden, {**golden, **change}) != []
    assert differences(golden, {**golden, "new": 1}) != []
