"""Runs inside the environment of TFLite and imports nothing of Brushwork: `check`, `convert`, `run`."""

from __future__ import annotations

import sys


def convert(program: str, out: str) -> None:
    """An ExportedProgram of one picture to a .tflite file."""
    import litert_torch
    import torch

    loaded = torch.export.load(program)
    example = tuple(torch.zeros_like(v) for v in loaded.example_inputs[0])
    litert_torch.convert(loaded.module(), example).export(out)


def run(model: str, pixels: str, out: str) -> None:
    """Logits (n, k) of pictures uint8 (n, side, side, 3), one by one on one thread, and the milliseconds of each."""
    import time

    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=model, num_threads=1)
    interpreter.allocate_tensors()
    entry, exit_ = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    found, taken = [], []
    for picture in np.load(pixels):
        start = time.perf_counter()
        interpreter.set_tensor(entry, picture[None].astype(np.float32))
        interpreter.invoke()
        found.append(interpreter.get_tensor(exit_)[0].copy())
        taken.append(1000 * (time.perf_counter() - start))
    np.savez(out, logits=np.array(found), ms=np.array(taken))


def check() -> None:
    """That everything imports."""
    import litert_torch  # noqa: F401


if __name__ == "__main__":
    wanted, *words = sys.argv[1:]
    if wanted == "check":
        check()
    elif wanted == "convert":
        convert(*words)
    else:
        run(*words)
