"""Fuzz `open_picture` and every provenance reader for a given time; report the slowest case and the peak memory.

    python benchmarks/fuzz_readers.py --seconds 60 [--files FOLDER] [--seed 0]

Seeds are the files that the tests make by code and, with --files, every file of a folder. A case that raises anything
but a PictureError, or takes longer than two seconds, is written to build/fuzz/ and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from brushwork.errors import PictureError  # noqa: E402, after the path
from brushwork.picture import Limits, open_picture  # noqa: E402
from brushwork.provenance import READERS, read_all  # noqa: E402
from tests.made.mutations import mutated, seeds  # noqa: E402

HANG = 2.0


class Case(NamedTuple):
    """One mutation: which file, which seed, and the seconds it took."""

    name: str
    seed: int
    seconds: float


def main() -> int:
    options = _options()
    files = seeds()
    if options.files:
        files |= {path.name: path.read_bytes() for path in sorted(options.files.iterdir()) if path.is_file()}
    warnings.simplefilter("ignore", UserWarning)
    outcomes, slowest, failed = _run(files, options.seconds, random.Random(options.seed))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{sum(outcomes.values())} cases from {len(files)} files in {options.seconds} s")
    print("outcomes: " + ", ".join(f"{name} {count}" for name, count in outcomes.most_common()))
    for case in slowest:
        print(f"slow: {case.seconds * 1000:.0f} ms, {case.name}, seed {case.seed}")
    print(f"peak memory {peak:.0f} MB; failures {failed}")
    return 1 if failed else 0


def _run(files: dict[str, bytes], seconds: float, chance: random.Random) -> tuple[Counter[str], list[Case], int]:
    names, outcomes, slowest, failed = sorted(files), Counter[str](), [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        case_name, seed = chance.choice(names), chance.getrandbits(32)
        data = mutated(files[case_name], seed)
        start = time.perf_counter()
        outcome = _outcome(data)
        took = time.perf_counter() - start
        slowest = sorted([*slowest, Case(case_name, seed, took)], key=lambda c: -c.seconds)[:5]
        outcomes[outcome] += 1
        if outcome.startswith("FAILED") or took > HANG:
            failed += 1
            _keep(case_name, seed, data)
    return outcomes, slowest, failed


def _outcome(data: bytes) -> str:
    try:
        evidence = read_all(open_picture(data, Limits()))
    except PictureError as error:
        return error.slug
    except Exception as error:  # noqa: BLE001, finding these is what this script is for
        traceback.print_exc()
        return f"FAILED {type(error).__name__}"
    return "answered" if len(evidence) >= len(READERS) else "FAILED too few answers"


def _keep(name: str, seed: int, data: bytes) -> None:
    folder = ROOT / "build" / "fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{Path(name).stem.replace(' ', '-')}-{seed}.bin").write_bytes(data)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--files", type=Path, help="a folder of further files to mutate")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
