"""What a shipped bundle could tell beside its logits: the distance from a collection, and families of generators.

Run: python -m benchmarks.known fit RECIPE BUNDLE OUT
     python -m benchmarks.known measure RECIPE BUNDLE OUT
`fit` adds both outputs to a copy of the model, as `brushwork calibrate` does for a model of its own; the logits stay,
bit for bit. `measure` asks pictures that they were not fitted on: collected sources that are not on the bundle's card,
and for families the AI works of the recipe's dev, at most CAP of a source.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
from benchmarks.level_heads import on_card

from brushwork.forensics.attribution import attribution_of
from brushwork.forensics.bundle import MODEL_FILE, Bundle, load_bundle
from brushwork.forensics.patches import prepare
from brushwork.forensics.recipe import FamilyPlan
from brushwork.forensics.scorer import open_session
from brushwork.lab.crops import LIMITS
from brushwork.lab.datasets import AI, Row
from brushwork.lab.gather import cache_of, cap_sources, gather
from brushwork.lab.generators import UNTOLD, attributed_to
from brushwork.lab.kinds import kind_of
from brushwork.lab.metrics import Rate
from brushwork.lab.plan import LabPlan, read_plan
from brushwork.lab.reference import know
from brushwork.lab.tables import Table
from brushwork.picture import open_picture

KNOWN_FILE = "known.json"
CAP = {"fresh": 12, "dev": 40}


def fit(plan: LabPlan, bundle: Bundle, out: Path) -> None:
    """The model with both outputs, and what was found, in `out`."""
    shutil.copy(bundle.model_path, out / MODEL_FILE)
    gathered = gather(plan)
    found = know(out / MODEL_FILE, cache_of(plan, gathered), gathered.dev, plan.patches, plan.seed, families=True)
    (out / KNOWN_FILE).write_text(json.dumps(asdict(found) | {"families": found.families.model_dump()}))  # type: ignore[union-attr]


def looked(rows: tuple[Row, ...], out: Path, plan: LabPlan) -> list[tuple[Row, float, np.ndarray]]:
    """The distance and the family logits of each, as at run time."""
    session, found = open_session(out / MODEL_FILE), []
    for row in rows:
        patches = prepare(open_picture(row.data(), LIMITS, name=row.id).rgb, plan.patches)[0]
        distance, families = session.run(["distance", "families"], {"patches": patches})
        found.append((row, float(np.mean(distance, dtype=np.float64)), np.mean(families, axis=0, dtype=np.float32)))
    return found


def measure(plan: LabPlan, bundle: Bundle, out: Path) -> tuple[str, str]:
    """Two tables: who is refused among sources unknown to all, and which families are named on dev."""
    known = json.loads((out / KNOWN_FILE).read_text(encoding="utf-8"))
    gathered, families = gather(plan), FamilyPlan(**known["families"])
    listed = on_card(bundle)
    strangers = tuple(row for row in gathered.train if row.source not in listed)
    fresh = looked(cap_sources(strangers, CAP["fresh"], plan.seed), out, plan)
    kinds = Counter("AI" if row.label == AI else kind_of(row.kind) for row, _, _ in fresh)
    refused = Counter("AI" if r.label == AI else kind_of(r.kind) for r, d, _ in fresh if d > known["max_distance"])
    sources = len({row.source for row, _, _ in fresh})
    table = Table(("pictures", "n", "refused"), tuple((k, n, Rate(refused[k], n)) for k, n in sorted(kinds.items())))
    rate = Rate(sum(refused.values()), len(fresh))
    told = tuple(row for row in gathered.dev if row.label == AI and attributed_to(row.generator) != UNTOLD)
    return (
        f"Of {len(fresh)} pictures of {sources} collected sources that the network was not trained on, as "
        f"published, {rate} are refused:\n\n{table.markdown}",
        _named(looked(cap_sources(told, CAP["dev"], plan.seed), out, plan), families),
    )


def _named(found: list[tuple[Row, float, np.ndarray]], families: FamilyPlan) -> str:
    """How often the first family that a verdict names is right, by the true family."""
    lines = []
    all_named, all_right = 0, 0
    truths = [attributed_to(row.generator) for row, _, _ in found]
    for truth in sorted(set(truths)):
        said = [attribution_of(f, families) for (_, _, f), t in zip(found, truths, strict=True) if t == truth]
        sure = [s for s in said if s.top and s.top[0][1] > s.unknown]
        right = sum(s.top[0][0] == truth for s in sure)
        doubt = float(np.mean([s.unknown for s in said]))
        lines.append((truth, len(said), len(sure), right, f"{doubt:.2f}"))
        all_named, all_right = all_named + len(sure), all_right + right
    head = ("true family", "AI works of dev", "a family said above unknown", "the right one", "doubt, on average")
    return (
        f"On {len(found)} AI works of the set kept apart, a family outweighs unknown {all_named} times, and is right "
        f"{all_right} times:\n\n{Table(head, tuple(lines)).markdown}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("fit", "measure"))
    parser.add_argument("recipe")
    parser.add_argument("bundle")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    plan, bundle = read_plan(args.recipe), load_bundle(args.bundle)
    args.out.mkdir(parents=True, exist_ok=True)
    if args.what == "fit":
        fit(plan, bundle, args.out)
    else:
        print("\n\n".join(measure(plan, bundle, args.out)))


if __name__ == "__main__":
    main()
