"""The service at its limits, each measurement alone, on loopback with drawn pictures:

    python -m benchmarks.service_limits scaling  [--pictures 200]     one worker beside two
    python -m benchmarks.service_limits memory   [--requests 20000]   does it grow?
    python -m benchmarks.service_limits full     [--requests 200]     how fast is "too busy" said?
    python -m benchmarks.service_limits bad      [--uploads 10000]    damaged files: mistakes, growth
    python -m benchmarks.service_limits postgres [--seconds 20]       the database goes away under load

`memory` sends small pictures (96 x 64), so that 20,000 of them take minutes rather than hours.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from benchmarks.machine import described
from benchmarks.service import ask_all, form

from tests.made.drawings import drawn, encoded
from tests.made.mutations import mutated, seeds
from tests.made.postgres import cluster
from tests.service.door import image
from tests.service.load import under_load
from tests.service.process import Served, free_port, resident, served

MEGABYTE = 1024 * 1024
CLIENTS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_subparsers(dest="way", required=True)
    for name, option, number in (
        ("scaling", "pictures", 200),
        ("memory", "requests", 20_000),
        ("full", "requests", 200),
        ("bad", "uploads", 10_000),
        ("postgres", "seconds", 20),
    ):
        ways.add_parser(name).add_argument(f"--{option}", dest="number", type=int, default=number)
    given = parser.parse_args()
    print(described("fastapi", "uvicorn", "onnxruntime", seed=1))
    {"scaling": scaling, "memory": memory, "full": full, "bad": bad, "postgres": postgres}[given.way](given.number)


@contextmanager
def running(**settings: Any) -> Iterator[Served]:
    """A service in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), **settings) as service:
        yield service


def megabytes(service: Served) -> tuple[float, float]:
    """Resident memory of the service and of its workers together."""
    return resident(service.process.pid) / MEGABYTE, sum(map(resident, service.workers())) / MEGABYTE


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of them lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def scaling(pictures: int) -> None:
    """Pictures a second with one worker and with two, in turns."""
    from brushwork.cli.bench import draw

    data = draw(1)[0][1]
    assert isinstance(data, bytes)
    rates: dict[int, list[float]] = {1: [], 2: []}
    with running(workers=1) as one, running(workers=2) as two:
        for service in (one, two):
            ask_all(service.port, form(data), CLIENTS, 2 * CLIENTS)  # warm
        for _ in range(3):
            for workers, service in ((1, one), (2, two)):
                seconds, _ = ask_all(service.port, form(data), CLIENTS, pictures)
                rates[workers].append(pictures / seconds)
    best = {workers: max(found) for workers, found in rates.items()}
    print(f"\n{CLIENTS} clients, best of 3 rounds of {pictures} pictures")
    for workers, rate in best.items():
        print(f"  {workers} worker{'s' * (workers > 1)}  {rate:6.1f} pictures/s")
    print(f"  2 workers are {best[2] / best[1]:.2f} x as fast as 1")


def memory(requests: int) -> None:
    """Memory while `requests` small pictures are examined."""
    body = form(encoded(drawn("painterly", (96, 64), 1)))
    share = max(CLIENTS, requests // 10)
    print(f"\n{requests} requests of {CLIENTS} clients\nrequests  service MB  workers MB  requests/s")
    with running(workers=2) as service:
        done = 0
        while done < requests:
            seconds, _ = ask_all(service.port, body, CLIENTS, share)
            done += share
            own, workers = megabytes(service)
            print(f"{done:8}  {own:10.1f}  {workers:10.1f}  {share / seconds:10.1f}", flush=True)


def full(requests: int) -> None:
    """Milliseconds of a refusal while as many pictures wait as may wait."""
    large = encoded(drawn("gradient", (2000, 1500), 1), "JPEG", quality=60)
    small = encoded(drawn("painterly", (300, 200), 1))
    times: list[float] = []
    statuses: Counter[int] = Counter()
    with running(workers=1, queue=7) as service, ThreadPoolExecutor(8) as clients, httpx.Client() as client:
        stop = threading.Event()

        def fill() -> None:
            while not stop.is_set():
                httpx.post(f"{service.url}/v1/verdicts?stability=true", files=image(large), timeout=300)

        filling = [clients.submit(fill) for _ in range(8)]
        while client.get(f"{service.url}/health").json()["queue"]["waiting"] < 8:
            time.sleep(0.02)
        for _ in range(requests):
            start = time.perf_counter()
            answer = client.post(f"{service.url}/v1/verdicts", files=image(small), timeout=300)
            statuses[answer.status_code] += 1
            if answer.status_code == 429:
                times.append(1000 * (time.perf_counter() - start))
        stop.set()
        for one in filling:
            one.result()
    print(f"\n{requests} requests to a full queue, statuses {dict(statuses)}")
    half, most, worst = percentile(times, 0.5), percentile(times, 0.95), max(times)
    print(f"  refusal p50 {half:.1f} ms, p95 {most:.1f} ms, worst {worst:.1f} ms")


def bad(uploads: int) -> None:
    """Damaged files: what is answered, and what stays in memory."""
    files = list(seeds().items())
    outcomes: Counter[str] = Counter()

    def send(number: int) -> None:
        name, data = files[number % len(files)]
        answer = httpx.post(f"{service.url}/v1/verdicts", files=image(mutated(data, number), name), timeout=300)
        kind = "answered" if answer.status_code == 200 else answer.json()["type"].removeprefix("/problems/")
        outcomes[f"{answer.status_code} {kind}"] += 1

    with running(workers=2) as service, ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(send, range(min(500, uploads // 10))))
        before = megabytes(service)
        outcomes.clear()
        list(clients.map(send, range(uploads)))
        after = megabytes(service)
    print(f"\n{uploads} uploads from {len(files)} mutated files")
    for outcome, count in outcomes.most_common():
        print(f"  {count:6}  {outcome}")
    print(f"  service {before[0]:.1f} -> {after[0]:.1f} MB, workers {before[1]:.1f} -> {after[1]:.1f} MB")


def postgres(seconds: int) -> None:
    """The database stops under load for `seconds` and comes back."""
    from brushwork.store.migrate import upgrade

    picture = encoded(drawn("painterly", (300, 200), 1))
    with cluster(free_port()) as database:
        upgrade(database.url)
        with running(database_url=database.url, workers=2) as service:
            with under_load(service.url, picture, CLIENTS, "?save=true") as load:
                time.sleep(5)
                database.stop()
                time.sleep(seconds)
                database.start()
                back, answered = time.perf_counter(), load.statuses[200]
                while load.statuses[200] == answered:
                    time.sleep(0.01)
                recovered = time.perf_counter() - back
                time.sleep(5)
            lost = [v for v in load.saved if httpx.get(f"{service.url}/v1/verdicts/{v}").status_code != 200]
    print(f"\n{CLIENTS} clients that save, the database away for {seconds} s")
    print(f"  statuses {dict(load.statuses)}, problems {dict(load.problems)}, broken off {len(load.broken)}")
    print(f"  first answer {recovered:.2f} s after it was back; {len(lost)} of {len(load.saved)} saved verdicts lost")


if __name__ == "__main__":
    main()
