"""A bundle that fails its own hashes does not load, and every refusal names the file and the next step."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from brushwork.errors import BundleDamaged, BundleNotFound, BundleUnsupported
from brushwork.forensics.bundle import DEFAULT, REQUIRED, SHIPPED, load_bundle, shipped_bundles
from brushwork.forensics.scorer import Scorer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped bundle that a test may damage."""
    return Path(shutil.copytree(SHIPPED / DEFAULT, tmp_path / "mine"))


def _change(folder: Path, **values: object) -> None:
    recipe = json.loads((folder / "recipe.json").read_text())
    (folder / "recipe.json").write_text(json.dumps(recipe | values))


def test_the_default_bundle_is_whole_and_lists_every_file() -> None:
    bundle = load_bundle()
    assert bundle.recipe.name == DEFAULT in shipped_bundles()
    assert {p.name for p in bundle.folder.iterdir()} - {"recipe.json"} == set(bundle.recipe.files)
    assert bundle.card.startswith("# ")
    assert bundle.facts().thresholds == bundle.recipe.thresholds.values()


def test_the_strict_threshold_was_fitted_for_one_percent_of_human_art() -> None:
    assert load_bundle().recipe.thresholds.strict.fpr <= 0.01


def test_the_shipped_bundles_stay_small() -> None:
    size = sum(p.stat().st_size for name in shipped_bundles() for p in (SHIPPED / name).iterdir())
    assert size < 15 * 1024 * 1024


@pytest.mark.parametrize("name", REQUIRED)
def test_one_changed_byte_is_found(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(BundleDamaged, match=name) as caught:
        load_bundle(folder)
    assert caught.value.advice


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleDamaged, match=name):
        load_bundle(folder)


def test_another_schema_version_is_unsupported(folder: Path) -> None:
    _change(folder, schema_version=99)
    with pytest.raises(BundleUnsupported, match="schema version"):
        load_bundle(folder)


def test_an_unknown_key_and_broken_json_are_damage(folder: Path) -> None:
    _change(folder, surprise=1)
    with pytest.raises(BundleDamaged, match="surprise"):
        load_bundle(folder)
    (folder / "recipe.json").write_text("{")
    with pytest.raises(BundleDamaged, match=r"recipe\.json"):
        load_bundle(folder)


def test_a_recipe_cannot_name_files_outside_its_folder(folder: Path) -> None:
    files = load_bundle(folder).recipe.files
    _change(folder, files=files | {"../secret": "0" * 64})
    with pytest.raises(BundleDamaged, match="outside its folder"):
        load_bundle(folder)


def test_a_required_file_without_a_hash_is_refused(folder: Path) -> None:
    files = dict(load_bundle(folder).recipe.files)
    del files["model.onnx"]
    _change(folder, files=files)
    with pytest.raises(BundleDamaged, match=r"no hash of model\.onnx"):
        load_bundle(folder)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(BundleNotFound, match=f"Did you mean {DEFAULT}"):
        load_bundle(DEFAULT[:-1] + "9")


def test_a_model_that_is_no_model_is_refused_by_the_scorer(folder: Path) -> None:
    import hashlib

    (folder / "model.onnx").write_bytes(b"no model")
    files = load_bundle(SHIPPED / DEFAULT).recipe.files
    _change(folder, files=files | {"model.onnx": hashlib.sha256(b"no model").hexdigest()})
    with pytest.raises(BundleDamaged, match="does not load"):
        Scorer(load_bundle(folder))
