"""Time and memory of one whole epoch of training on 1,000 pictures, for every network of the zoo.

Run: python -m benchmarks.zoo_cost MANIFEST OUT [--models resnet18 convnext_tiny] [--batch 16] [--pictures 1000]
Pictures of MANIFEST are prepared at the side of each network, then `brushwork train` runs one epoch of each from
scratch: loader, augmentation, bf16, channels_last, AdamW and validation as in use, one thread. Seconds are those of the
epoch with validation, processor seconds and the peak of memory those of the whole command. What is done is kept in OUT
and not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.machine import described

from brushwork.lab.classifiers.zoo import ZOO, ZooModel
from brushwork.lab.writing import written_whole

RECIPE = """name = "zoo-cost"
seed = 0
[data]
prepared = "{prepared}"
limit = {pictures}
[classifier]
model = "{model}"
epochs = 1
batch = {batch}
precision = "bf16-mixed"
[classifier.augment]
crop = 0.1
flip = 0.5
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--models", nargs="+", choices=[model.name for model in ZOO])
    args = parser.parse_args()
    models = [model for model in ZOO if not args.models or model.name in args.models]
    prepare(args.manifest, args.out / "sets", args.pictures, sorted({model.side for model in models}))
    print(
        described("torch", "timm", seed=0), f"{args.pictures} pictures, batches of {args.batch}, one thread", sep="\n"
    )
    print("\n| network | side | parameters | processor seconds | epoch, seconds | peak MB |\n" + "|---" * 6 + "|")
    for model in sorted(models, key=lambda model: model.side):
        print(row(model, epoch(model, args.out, args.pictures, args.batch)), flush=True)


def prepare(manifest: Path, sets: Path, pictures: int, sides: list[int]) -> None:
    """The pictures at each side that is not there yet: `pictures` to train on, and a tenth of all to validate on."""
    split = ["--split", "90/10", "--limit", str(pictures * 6 // 5)]
    for side in sides:
        if not (sets / str(side)).is_dir():
            brushwork("data", "preprocess", str(manifest), "--size", str(side), *split, "--out", str(sets / str(side)))


def epoch(model: ZooModel, out: Path, pictures: int, batch: int) -> dict[str, Any]:
    """What one epoch took, measured now or before."""
    run, kept = out / "runs" / model.name, out / f"{model.name}.json"
    if not kept.is_file():
        recipe = out / f"{model.name}.toml"
        prepared = (out / "sets" / str(model.side)).as_posix()
        recipe.write_text(RECIPE.format(prepared=prepared, pictures=pictures, model=model.name, batch=batch))
        before = os.times()
        brushwork("train", str(recipe), "--out", str(run), "--threads", "1", "--fresh")
        after = os.times()
        spent = sum(after[2:4]) - sum(before[2:4])
        facts = {**json.loads((run / "facts.json").read_text()), "processor_seconds": spent}
        written_whole(kept, lambda part: part.write_text(json.dumps(facts)))
    found: dict[str, Any] = json.loads(kept.read_text())
    return found


def row(model: ZooModel, facts: dict[str, Any]) -> str:
    """One row of the table."""
    return (
        f"| {model.name} | {model.side} | {facts['parameters'] / 1e6:.1f} M | {facts['processor_seconds']:.0f} "
        f"| {facts['seconds']:.0f} | {facts['peak_memory_mb']:.0f} |"
    )


def brushwork(*command: str) -> None:
    """Run a command of ours; stop with what it says where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "brushwork.cli", *command], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"brushwork {' '.join(command)} ended with {done.returncode}:\n{done.stderr}")


if __name__ == "__main__":
    main()
