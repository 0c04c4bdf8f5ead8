"""How a trained model should look at a picture: patches, pooling, fp32 or int8, each with its price.

Run: python benchmarks/lab_views.py RECIPE RUN [--weather clean web]
RUN is the folder of `brushwork train`; int8 is made here from the recipe's own regions. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from brushwork.forensics.patches import prepare
from brushwork.forensics.recipe import PatchPlan
from brushwork.forensics.scorer import Session, open_session, run_session
from brushwork.lab.crops import LIMITS
from brushwork.lab.datasets import AI, Row
from brushwork.lab.gather import cache_of, gather
from brushwork.lab.loading import prepared, shares
from brushwork.lab.metrics import auc, recall_at_fpr
from brushwork.lab.plan import LabPlan, read_plan
from brushwork.lab.quantize import quantize
from brushwork.lab.weather import degrade, stream
from brushwork.picture import open_picture

VIEWS: tuple[tuple[int, int | None], ...] = ((1, 90), (2, 90), (3, 90), (4, 90), (3, None))
"""Patches a side, and the JPEG that every patch goes through first."""
POOLINGS: tuple[tuple[str, Callable[[np.ndarray], float]], ...] = (
    ("mean", lambda logits: float(logits.mean())),
    ("median", lambda logits: float(np.median(logits))),
    ("mean of tanh", lambda logits: float(np.tanh(logits / 2).mean())),
)
BATCHES, BATCH = 24, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("run", type=Path)
    parser.add_argument("--weather", nargs="+", default=["clean", "web"])
    parser.add_argument("--int8", action="store_true", help="also quantise, and measure that")
    args = parser.parse_args()
    plan = read_plan(args.recipe)
    gathered = gather(plan)
    fp32 = args.run / "bundle" / "model.onnx"
    models = [("fp32", open_session(fp32))]
    if args.int8:
        models.append(("int8", open_session(quantize(fp32, batches(plan), args.run / "int8.onnx"))))
    print("| weights | patches | JPEG | pooling | weather | AUC | recall at 1 % FPR | recall at 5 % | ms a picture |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, session in models:
        for grid, quality in VIEWS if name == "fp32" else ((plan.patches.grid, plan.patches.jpeg_quality),):
            view = PatchPlan(size=plan.patches.size, grid=grid, jpeg_quality=quality)
            for weather in args.weather:
                report(name, session, view, weather, gathered.dev, plan.seed)


def report(name: str, session: Session, view: PatchPlan, weather: str, rows: tuple[Row, ...], seed: int) -> None:
    positive = np.array([r.label == AI for r in rows])
    logits, spent = [], 0.0
    for row in rows:
        rgb = degrade(open_picture(row.data(), LIMITS).rgb, weather, stream("weather", seed, weather, row.id))
        start = time.process_time()
        logits.append(run_session(session, prepare(rgb, view)[0]))
        spent += time.process_time() - start
    for pooling, pool in POOLINGS:
        scores = np.array([pool(one) for one in logits])
        figures = (auc(scores, positive), recall_at_fpr(scores, positive, 0.01), recall_at_fpr(scores, positive, 0.05))
        seen = f"{view.grid} x {view.grid} of {view.size} | {view.jpeg_quality}"
        cells = " | ".join(f"{f:.3f}" for f in figures)
        print(f"| {name} | {seen} | {pooling} | {weather} | {cells} | {1000 * spent / len(rows):.0f} |", flush=True)


def batches(plan: LabPlan) -> list[np.ndarray]:
    """Patches as training draws them, for the ranges of int8."""
    cache = cache_of(plan, gather(plan))
    chosen = stream("int8", plan.seed).choice(len(cache.regions), size=BATCHES * BATCH, p=shares([cache]))
    size = plan.patches.size
    patches = [prepared(cache.read(cache.regions[int(i)]), size, plan.seed, n) for n, i in enumerate(chosen)]
    return [np.stack(patches[i : i + BATCH]) for i in range(0, len(patches), BATCH)]


if __name__ == "__main__":
    main()
