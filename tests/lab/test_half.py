"""Weights in half precision: half the bytes, the same logits."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.forensics.scorer import open_session, run_session  # noqa: E402
from brushwork.lab.export import export_onnx  # noqa: E402
from brushwork.lab.half import LEAST, in_half, keep_half  # noqa: E402

from .conftest import draw  # noqa: E402


class Small(torch.nn.Module):
    """Two layers on raw pixels, large enough that their weights are kept in half precision."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(32 * 32 * 3, 64)
        self.outer = torch.nn.Linear(64, 1)

    def forward(self, patches):
        return self.outer(self.inner(patches.float().flatten(1) / 255).relu()).squeeze(1)


def test_half_storage_halves_the_file_and_keeps_the_logits(tmp_path):
    torch.manual_seed(2)
    net = Small().eval()
    bias = net.inner.bias.detach().clone()
    in_half(net)
    assert bias.numel() < LEAST and torch.equal(net.inner.bias, bias), "small tensors stay as they are"
    full, half = tmp_path / "full.onnx", tmp_path / "half.onnx"
    export_onnx(net, 32, full)
    shutil.copy(full, half)
    keep_half(half)
    assert half.stat().st_size < 0.52 * full.stat().st_size
    patches = np.stack([np.array(draw(seed % 2, seed, 32)) for seed in range(6)])
    logits = run_session(open_session(full), patches)
    assert np.array_equal(run_session(open_session(half), patches), logits)
    assert logits.std() > 0
