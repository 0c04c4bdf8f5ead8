"""More outputs for an exported model, added to its ONNX file: features, their distance, families of generators.

The features are what the last linear layer before the logits takes in, so any network that ends in one has them. What
is added computes from them alone: the logits stay the same, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import LabError
from ..forensics.scorer import Session
from .metrics import Floats
from .weather import Pixels

FEATURES: Final = "features"
DISTANCE: Final = "distance"
FAMILIES: Final = "families"
LINEAR: Final = ("Gemm", "MatMul")
Constants = dict[str, NDArray[np.float64]]
COMPONENTS: Final = 32
"""Directions of the training features in which a distance counts beside the rest."""


def expose_features(path: Path) -> int:
    """Give the model an output "features" float32 (n, d), unless it has one; d.

    Raises LabError where no linear layer stands before the logits.
    """
    import onnx
    from onnx import helper

    model = onnx.load(str(path))
    graph = model.graph
    for output in graph.output:
        if output.name == FEATURES:  # also in int8, whose linear layers do not tell their width
            return int(output.type.tensor_type.shape.dim[1].dim_value)
    layer = _last_linear(graph)
    width = _width(graph, layer)
    graph.node.append(helper.make_node("Identity", [layer.input[0]], [FEATURES]))
    graph.output.append(_output(graph, FEATURES, width))
    onnx.save(model, str(path))
    return width


def without_known(path: Path, out: Path) -> None:
    """Write to `out` the model without what `attach_distance` and `attach_families` added to it."""
    import onnx

    model = onnx.load(str(path))
    for output in (DISTANCE, FAMILIES):
        _detach(model.graph, output)
    onnx.save(model, str(out))


def _last_linear(graph: Any) -> Any:
    """Walk back from the logits to the first linear layer."""
    by_output = {name: node for node in graph.node for name in node.output}
    wanted = "logits"
    while wanted in by_output:
        node = by_output[wanted]
        if node.op_type in LINEAR:
            return node
        wanted = node.input[0]
    raise LabError("The model does not end in a linear layer.", "Export a network with one before its logits.")


def _width(graph: Any, layer: Any) -> int:
    shape = next(list(i.dims) for i in graph.initializer if i.name == layer.input[1])
    turned = any(a.name == "transB" and a.i for a in layer.attribute)
    return int(shape[1] if turned else shape[0])


def _output(graph: Any, name: str, width: int | None) -> Any:
    """A float output whose first dimension is that of the patches."""
    from onnx import TensorProto, helper

    count = graph.input[0].type.tensor_type.shape.dim[0].dim_param or "n"
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [count] if width is None else [count, width])


class Spread:
    """Where the training features lie: their mean, their main directions scaled to unit variance, and the rest.

    The distance of features x is sqrt((z.z + r / s) / (k + 1)) with z the k scaled components of x - mean, r what they
    leave of its squared length, and s the mean of r over the training set: about 1 for what was trained on.
    """

    def __init__(self, features: Floats, components: int = COMPONENTS) -> None:
        if len(features) <= components:
            raise LabError(f"{len(features)} patches are too few to say where features lie.", "Train on more.")
        self.mean = features.mean(axis=0)
        centred = features - self.mean
        _, values, directions = np.linalg.svd(centred, full_matrices=False)
        count = min(components, int((values > 1e-6 * values[0]).sum()))
        self.directions = directions[:count]
        self.scale = np.sqrt(len(features)) / values[:count]
        rest = (centred**2).sum(axis=1) - ((centred @ self.directions.T) ** 2).sum(axis=1)
        self.rest = max(float(rest.mean()), 1e-9)

    def distance(self, features: Floats) -> Floats:
        """Distances (n,) of features (n, d)."""
        centred = features - self.mean
        along = centred @ self.directions.T
        rest = np.maximum((centred**2).sum(axis=1) - (along**2).sum(axis=1), 0.0)
        inside = ((along * self.scale) ** 2).sum(axis=1)
        return np.asarray(np.sqrt((inside + rest / self.rest) / (len(self.scale) + 1)))


def attach_distance(path: Path, spread: Spread) -> None:
    """Give a model with features an output "distance" float32 (n,), computed as `Spread.distance` does."""
    constants: Constants = {
        "spread_mean": spread.mean, "spread_directions": spread.directions.T, "spread_scale": spread.scale,
        "spread_rest": np.array(1.0 / spread.rest), "spread_count": np.array(1.0 / (len(spread.scale) + 1)),
        "spread_zero": np.array(0.0),
    }  # fmt: skip
    steps = (
        ("Sub", (FEATURES, "spread_mean"), "centred"), ("MatMul", ("centred", "spread_directions"), "along"),
        ("Mul", ("along", "spread_scale"), "scaled"), ("ReduceSumSquare", ("scaled", "axis"), "inside"),
        ("ReduceSumSquare", ("centred", "axis"), "length"), ("ReduceSumSquare", ("along", "axis"), "explained"),
        ("Sub", ("length", "explained"), "left"), ("Max", ("left", "spread_zero"), "positive"),
        ("Mul", ("positive", "spread_rest"), "weighed"), ("Add", ("inside", "weighed"), "sum"),
        ("Mul", ("sum", "spread_count"), "squared"), ("Sqrt", ("squared",), DISTANCE),
    )  # fmt: skip
    _attach(path, constants, steps, DISTANCE, None)


def attach_families(path: Path, weights: NDArray[np.float64], biases: NDArray[np.float64]) -> None:
    """Give a model with features an output "families" float32 (n, k): features @ weights (d, k) + biases (k,)."""
    constants: Constants = {"family_weights": weights, "family_biases": biases}
    steps = (
        ("MatMul", (FEATURES, "family_weights"), "family_sums"),
        ("Add", ("family_sums", "family_biases"), FAMILIES),
    )
    _attach(path, constants, steps, FAMILIES, weights.shape[1])


def _attach(
    path: Path,
    constants: Constants,
    steps: Sequence[tuple[str, tuple[str, ...], str]],
    output: str,
    width: int | None,
) -> None:
    """Add the `steps` (operator, inputs, output), their constants, and the last output; what stood there goes."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(path))
    graph = model.graph
    _detach(graph, output)
    inner = {name: f"{output}:{name}" for name in (*constants, "axis", *(out for _, _, out in steps[:-1]))}
    values = {**constants, "axis": np.array([1])}
    for name, value in values.items():
        kind = np.int64 if name == "axis" else np.float32
        graph.initializer.append(numpy_helper.from_array(value.astype(kind), inner[name]))
    for operator, inputs, out in steps:
        node = helper.make_node(operator, [inner.get(i, i) for i in inputs], [inner.get(out, out)])
        if operator.startswith("Reduce"):
            node.attribute.append(helper.make_attribute("keepdims", 0))
        graph.node.append(node)
    graph.output.append(_output(graph, output, width))
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _detach(graph: Any, output: str) -> None:
    """Take away what an earlier call added for `output`."""

    def added(name: str) -> bool:
        return name == output or name.startswith(f"{output}:")

    for items in (graph.initializer, graph.output):
        for item in [i for i in items if added(i.name)]:
            items.remove(item)
    for node in [n for n in graph.node if added(n.output[0])]:
        graph.node.remove(node)


def features_of(session: Session, patches: Pixels) -> Floats:
    """Features float64 (n, d) of patches uint8 (n, size, size, 3)."""
    return np.asarray(session.run([FEATURES], {"patches": patches})[0], dtype=np.float64)
