"""From a checkpoint to a bundle folder: ONNX with any number of patches, parity proved, every file hashed."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import json
import subprocess
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import nn

from ..errors import LabError
from ..forensics.bundle import CARD_FILE, MODEL_FILE, RECIPE_FILE, REFERENCE_FILE
from ..forensics.recipe import FamilyPlan, KnownRange, Origin, PatchPlan, Recipe, ReferenceSet
from ..forensics.scorer import Session, open_session, run_session
from .calibrate import Fit
from .half import keep_half
from .outputs import expose_features
from .plan import LabPlan
from .reference import Known
from .weather import stream

PARITY: Final = 1e-4
EXAMPLES: Final = (2, 1, 9)
"""Batch sizes that parity is proved on; the first is the one traced (a batch of one would fix the size)."""
LIBRARIES: Final = ("torch", "timm", "lightning", "onnx", "onnxruntime", "numpy", "Pillow")
NOTICE_FILE: Final = "NOTICE"
NOTHING_KNOWN: Final = Known()


def export_onnx(net: nn.Module, size: int, path: Path, whole: bool = False) -> float:
    """Write the network as ONNX: input "patches" uint8 (n, size, size, 3), output "logits" float32 (n,).

    With `whole` the input has one more, the whole picture, as `forensics.patches.prepare` gives it. Returns the largest
    difference between torch and ONNX Runtime. Raises LabError where it exceeds PARITY.
    """
    write_onnx(net, size, path, 1 + whole)
    if whole:
        keep_half(path)
    expose_features(path)
    return prove_parity(net, open_session(path), size, whole)


def write_onnx(net: nn.Module, size: int, path: Path, least: int = 1) -> None:
    """Write any network on uint8 (n, size, size, 3) as ONNX: input "patches", output "logits", n from `least` up.

    Raises LabError where torch does not export it.
    """
    net.eval()
    example = torch.from_numpy(_patches(EXAMPLES[0] + least - 1, size))
    # the exporter prints its progress, and warns of torch's own parts
    with torch.no_grad(), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        program = torch.onnx.export(
            _out_of_place(net), (example,), dynamo=True, input_names=["patches"], output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("n", min=least, max=4096)},), optimize=True, verbose=False,
        )  # fmt: skip
    if program is None:
        raise LabError("The network was not exported.", "Try another version of torch.")
    path.parent.mkdir(parents=True, exist_ok=True)
    program.save(str(path), external_data=False)
    strip_traces(path)


def _out_of_place(net: nn.Module) -> nn.Module:
    """A copy whose activations do not write over their input: the exporter takes those apart, at twice the cost."""
    copied = copy.deepcopy(net)
    for module in copied.modules():
        if hasattr(module, "inplace"):
            module.inplace = False  # type: ignore[assignment]  # a setting, no weight
    return copied


def strip_traces(path: Path) -> None:
    """Take the exporter's notes out of an ONNX file: they hold stack traces, with paths of the machine it ran on."""
    import onnx

    model = onnx.load(str(path))
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    for function in model.functions:
        for node in (function, *function.node):
            del node.metadata_props[:]
            node.doc_string = ""
    onnx.save(model, str(path))


def prove_parity(net: nn.Module, session: Session, size: int, whole: bool = False) -> float:
    """The largest difference of logits between torch and ONNX Runtime over EXAMPLES. Raises LabError above PARITY."""
    worst = 0.0
    for count in EXAMPLES:
        patches = _patches(count + whole, size)
        with torch.no_grad():
            expected = net(torch.from_numpy(patches)).numpy()
        worst = max(worst, float(np.abs(run_session(session, patches) - expected).max()))
    if worst > PARITY:
        raise LabError(f"torch and ONNX Runtime differ by {worst:.2g}, more than {PARITY:g}.", "Do not ship it.")
    return worst


def _patches(count: int, size: int) -> np.ndarray:
    """Patches with edges and grain: on noise alone, many units of a network stay shut."""
    rng = stream("parity", count, size)
    coarse = rng.integers(0, 256, (count, size // 16 + 1, size // 16 + 1, 3))
    large = np.kron(coarse, np.ones((1, 16, 16, 1)))[:, :size, :size]
    return np.clip(large + rng.normal(0, 6, (count, size, size, 3)), 0, 255).astype(np.uint8)


def origin_of(seed: int, manifest: str, notes: str) -> Origin:
    """What made the bundle, for its recipe: the digest of its data, and what runs here."""
    return Origin(
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        libraries={name: version(name) for name in LIBRARIES},
        git_commit=git_commit(),
        data_manifest_sha256=manifest,
        seed=seed,
        notes=notes,
    )


def git_commit() -> str:
    """The commit of the code that runs, or "unknown" outside of a git checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (fixed words)
    except FileNotFoundError:
        return "unknown"
    return done.stdout.strip() if done.returncode == 0 else "unknown"


class Head(NamedTuple):
    """What a recipe says of the bundle itself: name, version, how it looks at a picture, and what it knows."""

    name: str
    version: str
    patches: PatchPlan
    range: KnownRange


def head_of(plan: LabPlan, known: Known = NOTHING_KNOWN) -> Head:
    """The head of a forensic bundle, by its training recipe."""
    bundle = plan.bundle
    limits = KnownRange(
        min_side=bundle.min_side, min_contrast=bundle.min_contrast, min_jpeg_quality=bundle.min_jpeg_quality,
        max_distance=known.max_distance,
    )  # fmt: skip
    return Head(plan.name, plan.version, plan.patches, limits)


def write_bundle(
    folder: Path,
    head: Head,
    fit: Fit,
    reference: ReferenceSet,
    origin: Origin,
    texts: Mapping[str, str],
    families: FamilyPlan | None = None,
) -> Recipe:
    """Write recipe.json, reference.json and the `texts` (CARD.md, NOTICE) beside the model.onnx that is there.

    Raises LabError where the model is missing.
    """
    if not (folder / MODEL_FILE).is_file():
        raise LabError(f"There is no {MODEL_FILE} in {folder}.", "Export the network first.")
    (folder / REFERENCE_FILE).write_text(reference.model_dump_json(indent=1) + "\n", encoding="utf-8")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    names = (MODEL_FILE, REFERENCE_FILE, *texts)
    if CARD_FILE not in names:
        raise LabError("A bundle has a card.", f"Give the text of {CARD_FILE}.")
    recipe = Recipe(
        **head._asdict(),
        calibration=fit.calibration,
        thresholds=fit.thresholds,
        families=families,
        origin=origin,
        files={name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(names)},
    )
    (folder / RECIPE_FILE).write_text(json.dumps(recipe.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8")
    return recipe
