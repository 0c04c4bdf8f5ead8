"""Convert small networks to TFLite in its own environment and compare them with torch.

    brushwork export --make-tflite-env
    python benchmarks/tflite.py

Prints one line a network: seconds of the conversion, bytes, largest difference of logits and whether `brushwork export`
would take it, milliseconds of a picture. Ends with 1 where a network is beyond that limit.
Not a test: the environment takes 2 GB, which CI does not hold.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from brushwork.lab.classifiers.exporting import allowed_beside
from brushwork.lab.classifiers.forms.of_tflite import TFLITE_FORMS, environment
from brushwork.lab.classifiers.forms.subject import Subject
from brushwork.lab.classifiers.latency import example
from brushwork.lab.classifiers.plan import ClassifierPlan
from brushwork.lab.classifiers.zoo import build

NETWORKS = ("small_cnn", "resnet18", "mobilenetv2_100")
SIDE = 64


def main() -> None:
    torch.manual_seed(0)
    (form,) = TFLITE_FORMS
    print(f"environment {environment()}, torch {torch.__version__}, pictures of {SIDE} pixels, seed 0, untrained")
    beyond: list[str] = []
    for model in NETWORKS:
        net = build(ClassifierPlan(model=model), 2, SIDE).eval()
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm2d):  # some begin at zero, and their block would be folded away
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
        labels = np.zeros(2, dtype=np.int64)
        subject = Subject("s", model, net, SIDE, "ai", ("human", "ai"), example(SIDE, 2), labels, {})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "m.tflite"
            start = time.monotonic()
            form.write(subject, path)
            taken = time.monotonic() - start
            pixels = example(SIDE, 5)
            wanted = subject.look_with(net)(pixels)
            gap = float(np.abs(form.open(subject, path)(pixels) - wanted).max())
            allowed = allowed_beside([wanted])
            beyond += [model] if not gap <= allowed else []
            judged = f"within {allowed:.1e}" if gap <= allowed else f"beyond {allowed:.1e}: export refuses it"
            assert form.clock is not None
            clocked = form.clock(subject, path).words
            print(f"{model}: {taken:.0f} s, {path.stat().st_size:,} bytes, {gap:.1e} ({judged}), {clocked}")
    sys.exit(f"beyond the limit: {', '.join(beyond)}" if beyond else 0)


if __name__ == "__main__":
    main()
