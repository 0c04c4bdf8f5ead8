"""What `pip install .` brings into an empty environment: megabytes, seconds, and the cost of `import brushwork`.

    python -m benchmarks.install [--python python3.12]

The environment is made in a temporary folder and removed. Seconds depend on the package cache: they are printed with
whether one was used. Size is what the install adds to site-packages, byte-compiled as pip leaves it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import described

ROOT = Path(__file__).resolve().parents[1]
RUNS = 15
SIZE_LIMIT_MB, CPU_LIMIT_S = 350, 0.3

# Prints CPU seconds of the whole process so far, and which of the heavy modules are loaded.
_MEASURE = """
import json, resource, sys
{statement}
used = resource.getrusage(resource.RUSAGE_SELF)
heavy = sorted({{"onnxruntime", "c2pa", "numpy", "PIL", "torch"}} & set(sys.modules))
print(json.dumps([used.ru_utime + used.ru_stime, heavy]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable)
    python = parser.parse_args().python
    print(described())
    with tempfile.TemporaryDirectory() as folder:
        house = Path(folder)
        source = copied(house / "source")
        subprocess.run([python, "-m", "venv", house / "env"], check=True)
        inside = house / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        packages = Path(_said(inside, "import sysconfig; print(sysconfig.get_path('purelib'))"))
        before = sizes(packages)
        start = time.perf_counter()
        subprocess.run([inside, "-m", "pip", "install", "-qq", "--disable-pip-version-check", source], check=True)
        seconds = time.perf_counter() - start
        cached = _said(inside, "import pip._internal.locations as l, os; print(os.path.isdir(l.USER_CACHE_DIR))")
        report(before, sizes(packages), seconds, cached == "True")
        importing(inside)


def copied(target: Path) -> Path:
    """The files of the working tree that git does not ignore: building must not leave anything in the tree itself."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    return target


def sizes(packages: Path) -> dict[str, int]:
    """Bytes of every entry of site-packages."""
    return {
        entry.name: sum(
            file.lstat().st_size for file in (entry.rglob("*") if entry.is_dir() else [entry]) if file.is_file()
        )
        for entry in packages.iterdir()
    }


def report(before: dict[str, int], after: dict[str, int], seconds: float, cached: bool) -> None:
    """Print what was added, the largest first."""
    added = {name: size - before.get(name, 0) for name, size in after.items() if size != before.get(name, 0)}
    total = sum(added.values()) / 1e6
    print(f"\n`pip install .`: {seconds:.0f} s, {'with a' if cached else 'without'} package cache")
    print(f"adds {total:.0f} MB to site-packages ({'within' if total < SIZE_LIMIT_MB else 'OVER'} {SIZE_LIMIT_MB} MB)")
    for name, size in sorted(added.items(), key=lambda item: -item[1])[:12]:
        print(f"  {size / 1e6:>7.1f} MB  {name}")


def importing(python: Path) -> None:
    """CPU seconds of `import brushwork` and of first using it, each in new processes, against Python alone."""
    print(f"\nCPU seconds of a new process, median of {RUNS}")
    alone = 0.0
    for words, statement in (
        ("Python alone", "pass"),
        ("import brushwork", "import brushwork"),
        ("from brushwork import Verdict", "from brushwork import Verdict"),
        ("from brushwork import Examiner", "from brushwork import Examiner"),
    ):
        results = [json.loads(_said(python, _MEASURE.format(statement=statement))) for _ in range(RUNS)]
        cpu = statistics.median(result[0] for result in results)
        alone = alone or cpu
        heavy = ", ".join(results[0][1]) or "none"
        print(f"  {words:<32}{cpu:>7.3f} s  (+{cpu - alone:.3f})   heavy modules loaded: {heavy}")
        if statement == "import brushwork":
            verdict = "within" if cpu < CPU_LIMIT_S and not results[0][1] else "OVER"
            print(f"  {'':<32}{verdict} {CPU_LIMIT_S} s and without onnxruntime and c2pa")


def _said(python: Path, script: str) -> str:
    return subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
