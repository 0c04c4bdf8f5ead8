"""Time and memory of one epoch of training on 1,000 pictures, for every network of the zoo.

Run: python -m benchmarks.zoo_cost [--pictures 64] [--models resnet18 convnext_tiny]
Each network trains in a process of its own on drawn pictures of its own side, in bf16 and channels_last, by AdamW, with
batches of 16, in a plain loop without loader, augmentation and validation. `--pictures` says how many are really
trained on: seconds are multiplied up to 1,000; memory is the peak of the process in that loop.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np
from benchmarks.machine import described

from brushwork.lab.classifiers.plan import ClassifierPlan
from brushwork.lab.classifiers.zoo import ZOO

WHOLE, BATCH = 1000, 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--models", nargs="+", default=[m.name for m in ZOO])
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(cost(args.one, args.pictures)))
        return
    trained = f"{args.pictures} pictures trained on in a plain loop, multiplied up to {WHOLE}; one thread"
    print(described("torch", "timm", seed=0), trained, sep="\n", end="\n\n")
    print("| network | side | parameters | processor seconds for 1,000 | seconds here | peak MB |\n" + "|---" * 6 + "|")
    for name in args.models:
        command = [sys.executable, "-m", "benchmarks.zoo_cost", "--one", name, "--pictures", str(args.pictures)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"| {name} | | | failed: {done.stderr.splitlines()[-1]} | | |", flush=True)
            continue
        print(json.loads(done.stdout.splitlines()[-1]), flush=True)


def cost(name: str, pictures: int) -> str:
    """One row of the table."""
    import torch

    from brushwork.lab.classifiers.optimising import loss_of, optimiser_of, targets_of
    from brushwork.lab.classifiers.zoo import build

    torch.set_num_threads(1)
    torch.manual_seed(0)
    side = next((m.side for m in ZOO if m.name == name), 224)
    settings = ClassifierPlan(model=name, batch=BATCH)
    net = build(settings, 2, side).to(memory_format=torch.channels_last)
    optimiser = optimiser_of(net, settings)
    rng = np.random.default_rng(0)
    spent = wall = 0.0
    done = 0
    while done < pictures + BATCH:  # the first batch, which compiles kernels, does not count
        start, start_wall = time.process_time(), time.monotonic()
        batch = torch.from_numpy(rng.integers(0, 256, (BATCH, side, side, 3), dtype=np.uint8))
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(batch).float()
        loss_of(logits, targets_of(torch.arange(BATCH) % 2, 2, 0.0), settings).backward()
        optimiser.step()
        optimiser.zero_grad()
        if done:
            spent, wall = spent + time.process_time() - start, wall + time.monotonic() - start_wall
        done += BATCH
    counted = done - BATCH
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    parameters = sum(p.numel() for p in net.parameters())
    return (
        f"| {name} | {side} | {parameters / 1e6:.1f} M | {spent * WHOLE / counted:.0f} | {wall * WHOLE / counted:.0f} "
        f"| {peak:.0f} |"
    )


if __name__ == "__main__":
    main()
