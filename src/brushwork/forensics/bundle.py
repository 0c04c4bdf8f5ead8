"""A model is a folder: model.onnx, recipe.json, reference.json, CARD.md. One that fails its hashes does not load."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import BundleDamaged, BundleNotFound, BundleUnsupported
from ..verdict import ModelFacts
from .recipe import SCHEMA_VERSION, Recipe, ReferenceSet

SHIPPED: Final = Path(__file__).parent / "bundles"
DEFAULT: Final = "art-1"
MODEL_FILE: Final = "model.onnx"
RECIPE_FILE: Final = "recipe.json"
REFERENCE_FILE: Final = "reference.json"
CARD_FILE: Final = "CARD.md"
REQUIRED: Final = (MODEL_FILE, REFERENCE_FILE, CARD_FILE)

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Bundle:
    """A verified bundle. `sha256` is that of its recipe, which names the hash of every other file."""

    folder: Path
    recipe: Recipe
    reference: ReferenceSet
    sha256: str

    def facts(self) -> ModelFacts:
        """The `model` part of a verdict."""
        return ModelFacts(
            name=self.recipe.name,
            version=self.recipe.version,
            sha256=self.sha256,
            thresholds=self.recipe.thresholds.values(),
        )

    @property
    def model_path(self) -> Path:
        """The ONNX file: input "patches" uint8 (n, size, size, 3), output "logits" float32 (n,)."""
        return self.folder / MODEL_FILE

    @property
    def card(self) -> str:
        """The model card, Markdown."""
        return (self.folder / CARD_FILE).read_text(encoding="utf-8")


def shipped_bundles() -> tuple[str, ...]:
    """Names of the bundles inside the package."""
    return tuple(sorted(p.name for p in SHIPPED.iterdir() if (p / RECIPE_FILE).is_file()))


def load_bundle(name_or_path: str | Path = "default") -> Bundle:
    """Load and verify a shipped bundle by name, or any other by the path of its folder.

    Raises BundleNotFound (with the nearest spelling), BundleDamaged or BundleUnsupported.
    """
    folder = _folder(name_or_path)
    raw = _read(folder / RECIPE_FILE)
    recipe = _parse(Recipe, raw, folder / RECIPE_FILE)
    _verify(folder, recipe)
    reference = _parse(ReferenceSet, _read(folder / REFERENCE_FILE), folder / REFERENCE_FILE)
    return Bundle(folder, recipe, reference, hashlib.sha256(raw).hexdigest())


def _folder(name_or_path: str | Path) -> Path:
    name = DEFAULT if str(name_or_path) == "default" else str(name_or_path)
    for folder in (SHIPPED / name, Path(name)):
        if (folder / RECIPE_FILE).is_file():
            return folder
    _refuse_half_made(Path(name))
    near = get_close_matches(name, shipped_bundles(), n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Shipped bundles: {', '.join(shipped_bundles()) or 'none'}."
    raise BundleNotFound(f"No bundle named {name}, and no folder {name} with a {RECIPE_FILE}.", hint)


def _refuse_half_made(path: Path) -> None:
    """Raise BundleNotFound for a model without its recipe: a bare ONNX file, or the run that it came from."""
    if path.suffix == ".onnx" and path.is_file():
        raise BundleNotFound(
            f"{path} is a model alone: without thresholds, reference and card there is no answer in it.",
            "Make a bundle of the run that it came from: brushwork export RUN --bundle FOLDER.",
        )
    if (path / "plan.json").is_file():
        raise BundleNotFound(
            f"{path} is a run of the lab, not a bundle.",
            f"Make one: brushwork export {path} --bundle {path / 'bundle'}.",
        )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleDamaged(
            f"{path.name} of bundle {path.parent.name} cannot be read: {error.strerror}.", _REINSTALL
        ) from error


_REINSTALL: Final = "Install the package again, or copy the bundle folder again from where it was made."


def _parse(model: type[_Model], raw: bytes, path: Path) -> _Model:
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        if where == "schema_version":
            raise BundleUnsupported(
                f"Bundle {path.parent.name} has another schema version than {SCHEMA_VERSION}.",
                "Use a bundle made for this version of Brushwork, or install the version that made it.",
            ) from error
        raise BundleDamaged(
            f"{path.name} of bundle {path.parent.name}: {where}: {first['msg']}.", _REINSTALL
        ) from error


def _verify(folder: Path, recipe: Recipe) -> None:
    unlisted = [name for name in REQUIRED if name not in recipe.files]
    if unlisted:
        raise BundleDamaged(f"Bundle {folder.name} records no hash of {', '.join(unlisted)}.", _REINSTALL)
    for name, expected in recipe.files.items():
        if Path(name).name != name:
            raise BundleDamaged(f"Bundle {folder.name} names a file outside its folder: {name}.", _REINSTALL)
        found = hashlib.sha256(_read(folder / name)).hexdigest()
        if found != expected:
            raise BundleDamaged(
                f"{name} of bundle {folder.name} is not the recorded file: sha256 {found[:12]}, not {expected[:12]}.",
                _REINSTALL,
            )
