"""Every training source left out alone: heads on the features of a run with [levels], one for each source.

Run: python -m benchmarks.level_alone RECIPE RUN KEPT [--fewest 20]
RUN is what `brushwork train` left by RECIPE. A head is trained by the recipe without one source, brought to the scale
of what it says of all pictures, and asked about that source alone; sources of fewer than FEWEST pictures are dealt to
PACKS packs, and each pack is left out as a whole. Scores are kept in the folder KEPT, so that a run that is started
again goes on. Prints Markdown: all scores pooled, then every source that was alone by how well it is told from all
pictures of the other class, the hardest first.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from benchmarks.level_heads import Set, on_card, says, told, train, trained

from brushwork.forensics.bundle import load_bundle
from brushwork.lab.metrics import auc
from brushwork.lab.plan import LabPlan, read_plan
from brushwork.lab.writing import written_whole

PACKS = 5


def parts(seen: Set, fewest: int) -> dict[str, np.ndarray]:
    """What is left out at a time, by name: a mask (n,) of its pictures."""
    names, counts = np.unique(seen.sources, return_counts=True)
    small = names[counts < fewest]
    found = {str(name): seen.sources == name for name in names[counts >= fewest]}
    return found | {f"pack {n}": np.isin(seen.sources, small[n::PACKS]) for n in range(PACKS) if len(small[n::PACKS])}


def alone(plan: LabPlan, seen: Set, left_out: dict[str, np.ndarray], kept: Path) -> np.ndarray:
    """Scores (n,) of every picture by the head that never saw its part."""
    scores = np.zeros(len(seen.rows))
    for number, (name, held) in enumerate(left_out.items()):
        path = kept / f"{name.replace('/', '+')}.npy"
        if not path.is_file():
            found = says(train(seen.part(np.flatnonzero(~held)), plan, 1), seen)
            asked = (found[held] - found.mean()) / found.std()
            written_whole(path, lambda part, asked=asked: part.write_bytes(asked.tobytes()))  # type: ignore[misc]
            print(f"{number + 1} of {len(left_out)}", end="\r", flush=True)
        scores[held] = np.frombuffer(path.read_bytes())
    return scores


def against(scores: np.ndarray, seen: Set, name: str) -> float:
    """AUC of a source and all pictures of the other class than its first one."""
    own = seen.sources == name
    other = seen.labels != seen.labels[own][0]
    return auc(scores[own | other], seen.labels[own | other])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("run", type=Path)
    parser.add_argument("kept", type=Path)
    parser.add_argument("--fewest", type=int, default=20)
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.kept.mkdir(parents=True, exist_ok=True)
    plan = read_plan(args.recipe)
    seen = trained(plan, args.run)
    left_out = parts(seen, args.fewest)
    scores = alone(plan, seen, left_out, args.kept)
    new = np.flatnonzero(~np.isin(seen.sources, sorted(on_card(load_bundle("default")))))
    print("| sources | pictures | AUC | recall at 1 % | at 5 % |\n|---|---|---|---|---|")
    told("all", scores, seen, f"{len(seen.rows):,}")
    told("those that the shipped bundle never saw", scores[new], seen.part(new), f"{len(new):,}")
    rows = [(against(scores, seen, n), n, held.sum()) for n, held in left_out.items() if not n.startswith("pack ")]
    print("\n| source | class | kind | pictures | AUC against the other class |\n|---|---|---|---|---|")
    for area, name, count in sorted(rows):
        first = seen.rows[int(np.flatnonzero(seen.sources == name)[0])]
        print(f"| {name} | {'AI' if first.label else 'human'} | {first.kind} | {count} | {area:.3f} |")


if __name__ == "__main__":
    main()
