"""How fast pictures are examined, against decoding alone with Pillow, and how much memory a process takes.

    python -m benchmarks.scan [--art ../shared/data/art/dev.parquet] [--limit N]

First one drawn picture of 1 megapixel on one thread, warm, stage by stage. Then `brushwork scan` over the pictures of a
parquet file, extracted to a temporary folder, with 1 and 2 processes; the peak is the resident memory of the largest
process. Decoding alone is the same pictures through Pillow to RGB, with the same number of processes.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

from benchmarks.machine import described
from PIL import Image

DEV = Path(__file__).resolve().parents[2] / "shared" / "data" / "art" / "dev.parquet"
REPEATS = 30
POLL_S = 0.5  # looking more often would take a part of the two cores that are measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--art", type=Path, default=DEV)
    parser.add_argument("--limit", type=int, default=None, help="examine only so many pictures")
    given = parser.parse_args()
    print(described("numpy", "Pillow", "onnxruntime", "c2pa-python", seed=1))
    one_picture()
    if given.art.is_file():
        with tempfile.TemporaryDirectory() as folder:
            count = extract(given.art, Path(folder), given.limit)
            many_pictures(Path(folder), count)
    else:
        print(f"\n{given.art} is not there: the scan of many pictures is left out.")


def one_picture() -> None:
    """Milliseconds of one drawn 1-megapixel JPEG, examined REPEATS times in this process after a warm-up."""
    from brushwork.cli.bench import draw, measure
    from brushwork.examine import Examiner

    (picture,) = draw(1)
    result, _ = measure(Examiner.from_bundle(), [picture] * REPEATS)
    assert result is not None, "a drawn picture can be examined"
    data = picture[1]
    assert isinstance(data, bytes)
    alone = [_decode_ms(data) for _ in range(REPEATS)]
    print(f"\nOne drawn JPEG of 1024 x 1024, one thread, warm, {REPEATS} times, model {result['model']}")
    print(f"{'stage':<24}{'median ms':>10}{'p90 ms':>10}")
    for stage, row in result["milliseconds"].items():
        print(f"{stage:<24}{row['median']:>10.1f}{row['p90']:>10.1f}")
    print(f"{'Pillow decode alone':<24}{statistics.median(alone):>10.1f}")
    print(f"total is {result['milliseconds']['total']['median'] / statistics.median(alone):.1f} x decoding alone")


def _decode_ms(data: bytes) -> float:
    start = time.perf_counter()
    with Image.open(io.BytesIO(data)) as image:
        image.convert("RGB").load()
    return (time.perf_counter() - start) * 1000


def extract(art: Path, folder: Path, limit: int | None) -> int:
    """Write the published bytes of every picture; the suffix comes from the bytes. Returns how many."""
    import pyarrow.parquet as pq

    rows = pq.read_table(art, columns=["image"]).column("image").to_pylist()[:limit]
    for number, row in enumerate(rows):
        with Image.open(io.BytesIO(row["bytes"])) as image:
            suffix = (image.format or "png").lower().replace("mpo", "jpeg")
        (folder / f"{number:04}.{suffix}").write_bytes(row["bytes"])
    return len(rows)


def many_pictures(folder: Path, count: int) -> None:
    """Pictures per second and peak memory of `brushwork scan` with 1 and 2 processes, against decoding alone."""
    paths = sorted(folder.iterdir())
    print(f"\n`brushwork scan` of {count} pictures, start of the processes included, one thread each")
    print(f"{'processes':<12}{'seconds':>9}{'pictures/s':>12}{'decoding alone/s':>18}{'peak MB per process':>21}")
    speeds = []
    for jobs in (1, 2):
        seconds, peak = scan(folder, jobs, count)
        speeds.append(count / seconds)
        alone = count / _decode_all(paths, jobs)
        print(f"{jobs:<12}{seconds:>9.1f}{speeds[-1]:>12.1f}{alone:>18.1f}{peak / 1e6:>21.0f}")
    print(f"2 processes are {speeds[1] / speeds[0]:.2f} x as fast as 1")


def scan(folder: Path, jobs: int, count: int) -> tuple[float, int]:
    """Run the command as a user would. Returns seconds and the largest resident memory of any of its processes."""
    command = [sys.executable, "-m", "brushwork.cli", "scan", str(folder), "--jobs", str(jobs), "--format", "jsonl"]
    start = time.perf_counter()
    run = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    peaks: list[int] = [0]
    watch = Thread(target=lambda: peaks.extend(_watched(run)))
    watch.start()
    assert run.stdout is not None
    rows = [json.loads(line) for line in run.stdout]
    run.wait()
    seconds = time.perf_counter() - start
    watch.join()
    answered = sum(row["error"] is None for row in rows)
    if answered != count:
        print(f"  {count - answered} of {count} pictures failed", file=sys.stderr)
    return seconds, max(peaks)


def _watched(run: subprocess.Popen[str]) -> Iterator[int]:
    """High-water marks in bytes of the command and its processes, as Linux keeps them; else of all children."""
    if not Path("/proc").is_dir():
        run.wait()
        yield resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        return
    while run.poll() is None:
        children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
        threads = Path(f"/proc/{run.pid}/task").glob("*/children") if children.exists() else []
        pids = {pid for path in threads for pid in _text(path).split()}
        for pid in (str(run.pid), *pids):
            marks = [
                line.split()[1] for line in _text(Path(f"/proc/{pid}/status")).splitlines() if line.startswith("VmHWM")
            ]
            yield from (int(mark) * 1024 for mark in marks)
        time.sleep(POLL_S)


def _text(path: Path) -> str:
    """A file of /proc; empty when its process ended meanwhile."""
    try:
        return path.read_text()
    except OSError:
        return ""


def _decode_all(paths: list[Path], jobs: int) -> float:
    """Seconds to decode every picture to RGB with Pillow in `jobs` processes, once they are up."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        list(pool.map(_decode_file, paths[: 2 * jobs]))
        start = time.perf_counter()
        list(pool.map(_decode_file, paths, chunksize=8))
        return time.perf_counter() - start


def _decode_file(path: Path) -> int:
    with Image.open(path) as image:
        return len(image.convert("RGB").tobytes())


if __name__ == "__main__":
    main()
