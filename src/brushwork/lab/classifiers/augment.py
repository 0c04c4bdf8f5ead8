"""Changes of training pictures, on whole batches: the nine of the recipe, and mixing of pairs."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .plan import AugmentPlan

LUMA = (0.299, 0.587, 0.114)


def augment(pictures: Tensor, plan: AugmentPlan, rng: torch.Generator) -> Tensor:
    """Changed pictures of the same shape (n, 3, h, w), values between 0 and 1; the same `rng` gives the same ones."""
    x = pictures
    if plan.flip:
        mirrored = _draw(len(x), rng, x).view(-1, 1, 1, 1) < plan.flip
        x = torch.where(mirrored, x.flip(3), x)
    if plan.crop:
        x = _cropped(x, max(1, round(plan.crop * x.shape[-1])), rng)
    if plan.rotate or plan.zoom or plan.shear or plan.translate:
        x = _moved(x, plan, rng)
    if plan.resize:
        x = _resized(x, plan.resize, rng)
    if plan.blur:
        x = _softened(x, plan.blur, rng)
    if plan.brightness or plan.colour:
        x = _coloured(x, plan, rng)
    return x.clamp(0, 1)


def mix_up(pictures: Tensor, targets: Tensor, plan: AugmentPlan, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Every picture mixed with another one, and their targets (n, classes) alike (Zhang et al., arXiv 1710.09412)."""
    if not plan.mixup:
        return pictures, targets
    # A Beta(a, a) value from two Gamma values; torch's own Beta takes no generator.
    first, second = (torch._standard_gamma(torch.tensor(plan.mixup), generator=rng) for _ in range(2))
    share = float(first / (first + second).clamp_min(1e-12))
    other = torch.randperm(len(pictures), generator=rng).to(pictures.device)
    return pictures.lerp(pictures[other], 1 - share), targets.lerp(targets[other], 1 - share)


def _draw(count: int, rng: torch.Generator, like: Tensor) -> Tensor:
    """Numbers (count,) from 0 to 1, drawn on the CPU so that every device sees the same."""
    return torch.rand(count, generator=rng).to(like.device)


def _signed(count: int, most: float, rng: torch.Generator, like: Tensor) -> Tensor:
    return (2 * _draw(count, rng, like) - 1) * most


def _cropped(x: Tensor, border: int, rng: torch.Generator) -> Tensor:
    """Mirror-padded by `border` pixels and cut back at a random place."""
    n, _, h, w = x.shape
    padded = nn.functional.pad(x, (border,) * 4, mode="reflect")
    top, left = (torch.randint(0, 2 * border + 1, (n, 1), generator=rng).to(x.device) for _ in range(2))
    rows = (top + torch.arange(h, device=x.device))[:, None, :, None]
    columns = (left + torch.arange(w, device=x.device))[:, None, None, :]
    picture = torch.arange(n, device=x.device)[:, None, None, None]
    channel = torch.arange(x.shape[1], device=x.device)[None, :, None, None]
    return padded[picture, channel, rows, columns].contiguous(memory_format=torch.channels_last)


def _moved(x: Tensor, plan: AugmentPlan, rng: torch.Generator) -> Tensor:
    """Rotation, zoom, shear and translation in one sampling, mirrored beyond the border."""
    n = len(x)
    angle = _signed(n, math.radians(plan.rotate), rng, x)
    scale = 1 / (1 + _signed(n, plan.zoom, rng, x))
    shear = torch.tan(_signed(n, math.radians(plan.shear), rng, x))
    across, down = (_signed(n, 2 * plan.translate, rng, x) for _ in range(2))
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = [torch.stack([cos, shear * cos - sin, across], 1), torch.stack([sin, shear * sin + cos, down], 1)]
    grid = nn.functional.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)
    return nn.functional.grid_sample(x.float(), grid, padding_mode="reflection", align_corners=False)


def _resized(x: Tensor, most: float, rng: torch.Generator) -> Tensor:
    """The whole batch shrunk by one random share and enlarged again."""
    side = x.shape[-1]
    smaller = max(2, round(side * (1 - most * float(torch.rand(1, generator=rng)))))
    if smaller == side:
        return x
    small = nn.functional.interpolate(x, size=(smaller, smaller), mode="bilinear", antialias=True)
    return nn.functional.interpolate(small, size=x.shape[-2:], mode="bilinear")


def _softened(x: Tensor, most: float, rng: torch.Generator) -> Tensor:
    """Towards the mean of 3x3 pixels, or as far away from it."""
    padded = nn.functional.pad(x, (1, 1, 1, 1), mode="reflect")
    return x.lerp(nn.functional.avg_pool2d(padded, 3, 1), _signed(len(x), most, rng, x).view(-1, 1, 1, 1))


def _coloured(x: Tensor, plan: AugmentPlan, rng: torch.Generator) -> Tensor:
    """Brightness by a factor, saturation by the distance from grey."""
    n = len(x)
    x = x * (1 + _signed(n, plan.brightness, rng, x)).view(-1, 1, 1, 1)
    grey = (x * torch.tensor(LUMA, device=x.device).view(1, 3, 1, 1)).sum(1, keepdim=True)
    return grey.lerp(x, (1 + _signed(n, plan.colour, rng, x)).view(-1, 1, 1, 1))
