"""The recipe of a picture classifier: a TOML file with a table [classifier], every key known and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import Field, model_validator

from ..plan import Strict, checked, read_recipe
from .prepared import Task
from .ranking import names_of

Kind = Literal["network", "classical", "ensemble"]
Metric = Literal["auc", "accuracy", "precision", "recall", "f1", "fpr", "macro_f1"]
CLASSICAL: Final = ("svm", "decision_tree", "random_forest", "knn")
ENSEMBLE: Final = "ensemble"
MOST_AT_ONCE: Final = 256
"""Pictures that go through a model at once; more gain no time."""


class SetPlan(Strict):
    """What is trained on. A relative path counts from the working directory."""

    prepared: Path = Field(description="folder of a prepared set, made by `brushwork data preprocess`")
    limit: int = Field(0, ge=0, description="train on so many rows, drawn by seed, classes alike; 0: on all")
    without: tuple[str, ...] = Field((), description="generators whose works are left out of every split")


class AugmentPlan(Strict):
    """How far training pictures are changed, each drawn anew by seed, epoch and batch; 0 leaves a change out."""

    resize: float = Field(0.0, ge=0, lt=1, description="shrink by up to this share and enlarge again")
    crop: float = Field(0.0, ge=0, lt=0.5, description="mirror-pad by this share of the side and cut at random")
    flip: float = Field(0.0, ge=0, le=1, description="share of the pictures that are mirrored left to right")
    rotate: float = Field(0.0, ge=0, le=180, description="degrees to either side")
    zoom: float = Field(0.0, ge=0, lt=1, description="share of the size to either side")
    shear: float = Field(0.0, ge=0, lt=60, description="degrees to either side")
    translate: float = Field(0.0, ge=0, lt=1, description="share of the side in both directions")
    brightness: float = Field(0.0, ge=0, lt=1, description="share to either side")
    colour: float = Field(0.0, ge=0, lt=1, description="saturation, share to either side")
    blur: float = Field(0.0, ge=0, le=1, description="blurred or sharpened by up to this share of a 3x3 mean")
    mixup: float = Field(0.0, ge=0, description="both parameters of the Beta distribution that mixes pairs")


class ClassifierPlan(Strict):
    """The model and its optimisation."""

    model: str = Field(description="a name of the zoo or of timm, svm, decision_tree, random_forest, knn, or ensemble")
    task: Task = "ai"
    metric: Metric = Field("auc", description="by which the best epoch is kept, and by which judging ranks")
    pretrained: bool = Field(False, description="timm's published weights, from the hub where it is reachable")
    backbone: Path | None = Field(None, description="file of weights in place of the hub: .safetensors, .pth or .npz")
    stem: Literal["auto", "published", "small"] = Field(
        "auto", description="small: 3x3, stride 1, no max-pool; auto takes it for resnets from scratch at 64 px or less"
    )
    dropout: float = Field(0.0, ge=0, lt=1)
    freeze: bool = Field(False, description="train the last layer only")
    unfreeze_after: int | None = Field(None, ge=1, description="epochs with a frozen backbone, before all is trained")
    optimiser: Literal["adamw", "adam", "sgd"] = "adamw"
    learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    momentum: float = Field(0.9, ge=0, lt=1, description="of sgd")
    schedule: Literal["cosine", "one_cycle", "steps", "constant"] = "cosine"
    step_size: int = Field(7, ge=1, description="epochs between the steps of `steps`")
    gamma: float = Field(0.1, gt=0, le=1, description="factor of each step")
    warmup: float = Field(0.05, ge=0, lt=1, description="share of the steps in which cosine and one_cycle rise")
    epochs: int = Field(5, ge=1)
    batch: int = Field(32, ge=2)
    accumulate: int = Field(1, ge=1, description="batches whose gradients make one step")
    clip: float = Field(5.0, ge=0, description="longest gradient; 0: any")
    smoothing: float = Field(0.0, ge=0, lt=0.5, description="share of a label that is spread over all classes")
    ema: float = Field(0.0, ge=0, lt=1, description="keep a moving average of the weights, and judge that")
    fairness_alpha: float = Field(0.0, ge=0, description="weight of (mean(p) - beta)^2 in the loss; 0: none")
    fairness_beta: float = Field(0.5, ge=0, le=1, description="share of AI works among a batch that is aimed at")
    balanced: bool = Field(True, description="draw the classes equally often")
    patience: int = Field(0, ge=0, description="epochs without a better metric after which it ends; 0: never")
    precision: Literal["32-true", "bf16-mixed"] = "bf16-mixed"
    channels_last: bool = True
    accelerator: Literal["cpu", "gpu", "auto"] = "auto"
    devices: int = Field(1, ge=1, description="processes that train together (DDP), each with a batch of its own")
    threads: int = Field(1, ge=1, description="threads of each process on a CPU")
    checkpoint_minutes: float = Field(4.0, gt=0, description="a checkpoint at least so often, also within an epoch")
    augment: AugmentPlan = AugmentPlan()

    @property
    def frozen_epochs(self) -> int:
        """Epochs in which only the last layer is trained."""
        return self.epochs if self.freeze and self.unfreeze_after is None else self.unfreeze_after or 0


class ClassicalPlan(Strict):
    """What svm, decision_tree, random_forest and knn look at, and how much memory they may take."""

    features: Literal["pixels", "forensic"] = "forensic"
    side: int = Field(240, ge=8, description="pixels: pictures are shrunk to this side, never enlarged")
    components: int = Field(64, ge=2, description="principal components that pixels are reduced to")
    memory_mb: int = Field(1024, ge=64, description="bound of what data and model may take; refused when too small")
    trees: int = Field(200, ge=1, description="of random_forest")
    neighbours: int = Field(15, ge=1, description="of knn")
    depth: int = Field(0, ge=0, description="deepest level of a tree; 0: 12 for decision_tree, any for random_forest")
    cost: float = Field(4.0, gt=0, description="of svm: C of an RBF kernel on standardised features")


class EnsemblePlan(Strict):
    """Runs that answer together. A relative path counts from the working directory."""

    members: tuple[Path, ...] = Field(min_length=2, description="folders of finished runs of the same task")
    combine: Literal["mean", "vote"] = Field("mean", description="mean of probabilities, or share of votes")


class ModelPlan(Strict):
    """The whole recipe of a picture classifier."""

    name: str
    version: str = "1"
    seed: int = 0
    data: SetPlan
    classifier: ClassifierPlan
    classical: ClassicalPlan = ClassicalPlan()
    ensemble: EnsemblePlan | None = None

    @property
    def kind(self) -> Kind:
        """How the model is made."""
        if self.classifier.model == ENSEMBLE:
            return "ensemble"
        return "classical" if self.classifier.model in CLASSICAL else "network"

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        settings = self.classifier
        if (self.kind == "ensemble") != (self.ensemble is not None):
            raise ValueError('an ensemble has model = "ensemble" and a table [ensemble] with its members')
        if settings.metric not in (known := names_of(settings.task)):
            raise ValueError(
                f'metric = "{settings.metric}" is none of the task "{settings.task}", which has {", ".join(known)}'
            )
        if settings.fairness_alpha and settings.task != "ai":
            raise ValueError('fairness_alpha is for task = "ai": it weighs the share of AI works')
        if settings.unfreeze_after is not None and settings.unfreeze_after >= settings.epochs:
            raise ValueError("unfreeze_after must be below epochs: after it comes at least one epoch; else use freeze")
        if settings.unfreeze_after is not None and settings.devices > 1:
            raise ValueError("unfreeze_after needs devices = 1: the processes of DDP agree on what is trained once")
        return self


def judged_at_once(batch: int) -> int:
    """How many pictures go through a network that only answers, of one that was trained with such batches.

    An answer takes less memory than a step of training: where a batch fits, twice as many pictures do.
    """
    return min(MOST_AT_ONCE, 2 * batch)


def is_classifier(raw: Mapping[str, Any]) -> bool:
    """True for the recipe of a picture classifier, False for that of a forensic bundle."""
    return "classifier" in raw


def model_plan_from(raw: dict[str, Any], name: str) -> ModelPlan:
    """Check the keys and values of a recipe called `name`. Raises LabError with the nearest spelling."""
    return checked(ModelPlan, raw, name)


def read_model_plan(path_or_name: str | Path) -> ModelPlan:
    """Read a recipe by path, or a shipped one by name. Raises LabError as `model_plan_from` does."""
    return model_plan_from(*read_recipe(path_or_name))


def with_changes(raw: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`raw` with keys such as "classifier.epochs" set to other values; None changes nothing."""
    changed = {name: dict(part) if isinstance(part, Mapping) else part for name, part in raw.items()}
    for dotted, value in changes.items():
        if value is None:
            continue
        *tables, key = dotted.split(".")
        place: dict[str, Any] = changed
        for table in tables:
            place[table] = dict(place.get(table, {}))
            place = place[table]
        place[key] = value
    return changed
