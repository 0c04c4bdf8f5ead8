"""Forensic features of whole pictures, for classical models: what is left of a picture when its content is taken away.

155 numbers per picture, computed on luma and RGB at its own scale:
  residuals  how often each pattern of four neighbouring second differences occurs, quantised to -1, 0, 1, the mean of
             both directions: 81 values (after the spatial rich model of Fridrich and Kodovsky, 2012, with one filter)
  spectrum   log power in 24 rings of the Fourier plane, less their mean, and how far peaks stand above their ring: 26
  colour     mean, deviation, skew and kurtosis of R, G, B, saturation and value, correlations of the channels, and
             8-bin histograms of saturation and value: 39
  gradients  mean size of first differences across and down, and the share of still pixels, by channel: 9
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .prepared import Pixels

Features = NDArray[np.float32]
RINGS: Final = 24
BINS: Final = 8
COUNT: Final = 155
"""Numbers of a picture."""
REACH: Final = 4
"""Neighbours whose residuals are counted together."""
LUMA: Final = np.array([0.299, 0.587, 0.114])
EPS: Final = 1e-6


def describe(pixels: Pixels) -> Features:
    """Features float32 (n, d) of pictures uint8 (n, side, side, 3), one picture at a time."""
    return np.stack([_one(picture) for picture in pixels]).astype(np.float32)


def _one(picture: Pixels) -> NDArray[np.float64]:
    rgb = picture.astype(np.float64)
    luma = rgb @ LUMA
    return np.concatenate([_residuals(luma), _spectrum(luma), _colour(rgb / 255), _gradients(rgb)])


def _residuals(luma: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often each pattern of four neighbouring second differences occurs."""
    across = luma[:, :-2] - 2 * luma[:, 1:-1] + luma[:, 2:]
    down = luma[:-2] - 2 * luma[1:-1] + luma[2:]
    return _patterns(across) / 2 + _patterns(down.T) / 2


def _patterns(residual: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.clip(np.rint(residual / 3), -1, 1).astype(np.int64) + 1
    width = steps.shape[1] - REACH + 1
    code = sum(steps[:, i : i + width] * 3**i for i in range(REACH))
    counts = np.bincount(np.asarray(code).ravel(), minlength=3**REACH)
    return np.asarray(counts / counts.sum())


@lru_cache(maxsize=8)
def _rings(side: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The ring of every frequency (corners belong to the last), and a window that softens the border."""
    at = np.abs(np.fft.fftfreq(side)) * 2
    radius = np.hypot(at[:, None], at[None, : side // 2 + 1])
    window = np.hanning(side + 2)[1:-1]
    return np.minimum((radius * RINGS).astype(np.int64), RINGS - 1), np.outer(window, window)


def _spectrum(luma: NDArray[np.float64]) -> NDArray[np.float64]:
    ring, window = _rings(len(luma))
    power = np.log(np.abs(np.fft.rfft2((luma - luma.mean()) * window)) ** 2 + EPS)
    members = np.bincount(ring.ravel(), minlength=RINGS)
    levels = np.bincount(ring.ravel(), power.ravel(), RINGS) / np.maximum(members, 1)
    above = power - levels[ring]
    return np.concatenate([levels - levels.mean(), [above[ring > 3].max(), above[ring > 3].std()]])


def _colour(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    flat = rgb.reshape(-1, 3)
    value = flat.max(1)
    saturation = (value - flat.min(1)) / (value + EPS)
    every = np.column_stack([flat, saturation, value])
    centred = every - every.mean(0)
    spread = centred.std(0) + EPS
    moments = [every.mean(0), spread, (centred**3).mean(0) / spread**3, (centred**4).mean(0) / spread**4]
    pairs = [(centred[:, i] * centred[:, j]).mean() / (spread[i] * spread[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    bins = [np.histogram(every[:, c], BINS, (0, 1))[0] / len(every) for c in (3, 4)]
    return np.concatenate([*moments, pairs, *bins])


def _gradients(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of absolute first differences by channel across and down, and the share of still pixels by channel."""
    across, down = np.abs(np.diff(rgb, axis=1)), np.abs(np.diff(rgb, axis=0))
    return np.concatenate([across.mean((0, 1)), down.mean((0, 1)), (across < 1).mean((0, 1))])
