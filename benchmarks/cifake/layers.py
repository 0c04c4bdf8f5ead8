"""Where a convolutional network of small pictures spends its time: layers of like arithmetic, and whole networks.

Run: python -m benchmarks.cifake.layers
One thread, 128 pictures of 32 px, bfloat16, channels last; the median of five after one that compiles the kernels.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
from benchmarks.machine import described
from torch import Tensor, nn

from brushwork.lab.classifiers.plan import ClassifierPlan
from brushwork.lab.classifiers.zoo import build

PICTURES, SIDE, ROUNDS = 128, 32, 5
LAYERS = ((64, 32), (128, 16), (256, 8), (512, 4))
"""Maps and side: each layer has the same number of multiplications."""


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(described("torch", "timm", seed=0), end="\n\n")
    print("| convolution 3x3 | forward and backward, ms |\n|---|---|")
    for maps, side in LAYERS:
        print(f"| {maps} to {maps} maps of {side}x{side} | {1e3 * of_layer(maps, side):.0f} |", flush=True)
    print("\n| network | pictures a second, training |\n|---|---|")
    for name in ("resnet9", "resnet10", "resnet18"):
        print(f"| {name} | {PICTURES / of_network(name):.0f} |", flush=True)


def of_layer(maps: int, side: int) -> float:
    """Seconds of one layer, both ways."""
    layer = nn.Conv2d(maps, maps, 3, padding=1, bias=False).to(torch.bfloat16, memory_format=torch.channels_last)
    pixels = torch.randn(PICTURES, maps, side, side).to(torch.bfloat16).to(memory_format=torch.channels_last)
    pixels.requires_grad_(True)
    return timed(lambda: layer(pixels))


def of_network(name: str) -> float:
    """Seconds of one batch of a network of the zoo, without its optimiser."""
    net = build(ClassifierPlan(model=name), 2, SIDE).to(memory_format=torch.channels_last)
    pixels = torch.randint(0, 256, (PICTURES, SIDE, SIDE, 3), dtype=torch.uint8)

    def forward() -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return net(pixels)

    return timed(forward)


def timed(forward: Callable[[], Tensor]) -> float:
    seconds = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        forward().float().sum().backward()
        seconds.append(time.perf_counter() - start)
    return median(seconds[1:])


if __name__ == "__main__":
    main()
