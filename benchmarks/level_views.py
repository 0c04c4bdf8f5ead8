"""Features of the set kept apart, as a levels network sees it, and the middle of its backbone for training it further.

Run: python -m benchmarks.level_views apart RECIPE OUT [--weathers clean web hard]
     python -m benchmarks.level_views middles RECIPE OUT
`apart` writes for every picture of the recipe's dev the features of four patches and of the whole, under each weather;
`middles` writes what the blocks of the backbone before the last three give for the wholes of the recipe's cache, in the
very weathers of its features. Started again it goes on.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import torch

from brushwork.forensics.patches import prepare
from brushwork.forensics.scorer import Session, open_session
from brushwork.lab.crops import LIMITS
from brushwork.lab.datasets import read_manifest
from brushwork.lab.evaluate import WEATHERS
from brushwork.lab.export import write_onnx
from brushwork.lab.features import whole_view
from brushwork.lab.gather import cache_of, gather
from brushwork.lab.heads import wanted
from brushwork.lab.levels import LevelTrunk, fold_norms, load_trunk
from brushwork.lab.plan import LabPlan, read_plan
from brushwork.lab.weather import degrade, stream
from brushwork.picture import open_picture

CUT, CHUNK, BATCH, PATCHES = 4, 31, 32, 4


class Seen(torch.nn.Module):
    """The features (n, width) of a trunk, and behind them what its first CUT blocks give, flat."""

    def __init__(self, trunk: LevelTrunk) -> None:
        super().__init__()
        self.trunk, self.middle = trunk, torch.zeros(0)
        trunk.net.blocks[CUT - 1].register_forward_hook(self._keep)

    def _keep(self, _module: torch.nn.Module, _given: object, found: torch.Tensor) -> None:
        self.middle = found

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        """Both, side by side."""
        features = self.trunk(patches)
        return torch.cat([features, self.middle.flatten(1)], 1)


def session_of(plan: LabPlan) -> Session:
    """The backbone of a recipe in ONNX Runtime, with its middle."""
    assert plan.levels is not None
    trunk = load_trunk(plan.levels.backbone)
    fold_norms(trunk)
    with tempfile.TemporaryDirectory() as folder:
        write_onnx(Seen(trunk), plan.train.size, Path(folder, "seen.onnx"))
        return open_session(Path(folder, "seen.onnx"))


def write_apart(plan: LabPlan, out: Path, weathers: list[str]) -> None:
    """One file for CHUNK pictures of dev: patches (n, 4, d) and whole (n, d), half precision."""
    session, rows = session_of(plan), read_manifest(plan.data.dev)
    for weather in weathers:
        for start in range(0, len(rows), CHUNK):
            path = out / f"{weather}-{start:05d}.npy"
            if path.is_file():
                continue
            seen = []
            for row in rows[start : start + CHUNK]:
                rgb = open_picture(row.data(), LIMITS, name=row.id).rgb
                rgb = degrade(rgb, weather, stream("weather", plan.seed, weather, row.id))  # type: ignore[arg-type]
                found = session.run(None, {"patches": prepare(rgb, plan.patches)[0]})[0]
                spots = [n % (len(found) - 1) for n in range(PATCHES)]
                seen.append(found[[*spots, -1]])
            np.save(path, np.stack(seen).astype(np.float16))
            print(path.name, flush=True)


def write_middles(plan: LabPlan, out: Path) -> None:
    """All wholes of the cache in the order of its features, (n, d) in half precision."""
    cache = cache_of(plan, gather(plan))
    asked, session = wanted(plan, cache), session_of(plan)
    rows = np.repeat(sorted({region.row for region in cache.regions}), asked.whole_draws)
    for start in range(0, len(rows), 50 * BATCH):
        path = out / f"middle-{start:06d}.npy"
        if path.is_file():
            continue
        found = []
        for first in range(start, min(start + 50 * BATCH, len(rows)), BATCH):
            last = min(first + BATCH, len(rows))
            views = np.stack([whole_view(cache, int(rows[i]), i, asked) for i in range(first, last)])
            found.append(session.run(None, {"patches": views})[0].astype(np.float16))
        np.save(path, np.concatenate(found))
        print(path.name, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("apart", "middles"))
    parser.add_argument("recipe")
    parser.add_argument("out", type=Path)
    parser.add_argument("--weathers", nargs="+", choices=WEATHERS, default=list(WEATHERS))
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    plan = read_plan(args.recipe)
    if args.what == "apart":
        write_apart(plan, args.out, args.weathers)
    else:
        write_middles(plan, args.out)


if __name__ == "__main__":
    main()
