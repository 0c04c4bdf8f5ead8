"""A shipped bundle against itself in int8, on files of the set kept apart: does int8 lose anything?

Run: python -m benchmarks.int8_apart RECIPE BUNDLE [--cap 10]
Ranges come from pictures of the recipe's cache, as in `brushwork evaluate`; at most CAP files of a source are judged.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from brushwork.forensics.bundle import load_bundle
from brushwork.forensics.scorer import open_session
from brushwork.lab.crops import LIMITS
from brushwork.lab.evaluate import WEATHERS, Scored, look_with
from brushwork.lab.gather import cap_sources, gather
from brushwork.lab.int8 import batches_of, compared
from brushwork.lab.outputs import without_known
from brushwork.lab.plan import read_plan
from brushwork.lab.quantize import quantize
from brushwork.lab.weather import degrade, stream
from brushwork.picture import open_picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("bundle")
    parser.add_argument("--cap", type=int, default=10)
    args = parser.parse_args()
    plan, bundle = read_plan(args.recipe), load_bundle(args.bundle)
    gathered = gather(plan)
    with tempfile.TemporaryDirectory() as folder:
        paths = (Path(folder, "fp32.onnx"), Path(folder, "int8.onnx"))
        without_known(bundle.model_path, paths[0])
        quantize(paths[0], batches_of(plan, gathered), paths[1])
        sizes = (paths[0].stat().st_size, paths[1].stat().st_size)
        looks = [look_with(open_session(path), bundle.recipe.patches) for path in paths]
    found: tuple[list[Scored], list[Scored]] = ([], [])
    rows = cap_sources(gathered.dev, args.cap, plan.seed)
    for row in rows:
        rgb = open_picture(row.data(), LIMITS, name=row.id).rgb
        about = (row.id, row.label, row.source, row.kind, row.generator, row.date)
        for weather in WEATHERS:
            seen = degrade(rgb, weather, stream("weather", plan.seed, weather, row.id))
            for side, look in zip(found, looks, strict=True):
                side.append(Scored(*about, weather, look(seen)))
    apart = [abs(a.logit - b.logit) for a, b in zip(*found, strict=True)]
    print(
        f"{len(rows)} files of {len({row.source for row in rows})} sources; {np.median(apart):.3f} of a logit between"
    )
    print(f"fp32 and int8 in the middle, {max(apart):.3f} at most.\n\n{compared(*found, sizes).words}")


if __name__ == "__main__":
    main()
