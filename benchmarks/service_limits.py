"""The service at its limits, on loopback with drawn pictures; any of these ways, one after the other:

    python -m benchmarks.service_limits scaling full loris postgres    some five minutes
    python -m benchmarks.service_limits memory                         at most six
    python -m benchmarks.service_limits bad                            at most six

scaling   1-megapixel JPEGs by 8 clients, one worker beside two, in turns
full      how fast "too busy" is said to a small picture, and to one of 18 MB, while as many wait as may wait
loris     how long a request takes beside 1,000 connections that never finish theirs
postgres  the database stopped for 20 s, then frozen for 20 s, under 8 clients that save
memory    20,000 requests of 8 clients that save tiny pictures (96 x 64): each tenth is a new one, the others were sent
          before and are answered from the store
bad       10,000 uploads from a mutated corpus of every format

`--minutes` bounds each of the last two, and `--share 0.01` does that part of everything: a short form to try it.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from benchmarks.machine import described
from benchmarks.service import HEADERS, ask_all, form

from tests.made.connections import may_open, silent
from tests.made.drawings import drawn, encoded
from tests.made.mutations import mutated, seeds
from tests.made.postgres import cluster
from tests.service.door import image
from tests.service.load import Load, under_load
from tests.service.process import Served, free_port, resident, served

MEGABYTE = 1024 * 1024
CLIENTS = 8
PARTS = 10
"""In how many parts a long way tells how it goes."""
PATIENCE_S = 60.0
"""Seconds after which a service that gives no answer is told to have given none."""


@dataclass(frozen=True)
class Measure:
    """How much of everything is done, and how long one way may take at most."""

    share: float
    seconds: float

    def of(self, number: int, least: int = 1) -> int:
        """That share of `number`."""
        return max(least, round(number * self.share))


def main() -> None:
    ways: dict[str, Callable[[Measure], None]] = {
        "scaling": scaling, "full": full, "loris": loris, "postgres": postgres, "memory": memory, "bad": bad,
    }  # fmt: skip
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ways", nargs="+", choices=ways)
    parser.add_argument("--minutes", type=float, default=5.5, help="after which memory and bad stop")
    parser.add_argument("--share", type=float, default=1.0, help="of the pictures and seconds")
    given = parser.parse_args()
    print(described("fastapi", "uvicorn", "onnxruntime", seed=1))
    for way in given.ways:
        start = time.perf_counter()
        ways[way](Measure(given.share, 60 * given.minutes))
        print(f"  took {time.perf_counter() - start:.0f} s", flush=True)


@contextmanager
def running(**settings: Any) -> Iterator[Served]:
    """A service in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), **settings) as service:
        yield service


def megabytes(service: Served) -> tuple[float, float]:
    """Resident memory of the service and of its workers together."""
    return resident(service.process.pid) / MEGABYTE, sum(map(resident, service.workers())) / MEGABYTE


def spread(values: list[float]) -> str:
    """Median, 95th percentile and the worst of some milliseconds."""
    ordered = sorted(values)
    half, most = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95))
    return f"p50 {half:.1f} ms, p95 {most:.1f} ms, worst {ordered[-1]:.1f} ms"


def timed(ask: Callable[[], httpx.Response]) -> tuple[int, float]:
    """The status of an answer, and its milliseconds."""
    start = time.perf_counter()
    return ask().status_code, 1000 * (time.perf_counter() - start)


def scaling(measure: Measure) -> None:
    """Pictures a second with one worker and with two, in turns."""
    from brushwork.cli.bench import draw

    data, pictures = draw(1)[0][1], measure.of(48, CLIENTS)
    assert isinstance(data, bytes)
    rates: dict[int, list[float]] = {1: [], 2: []}
    with running(workers=1) as one, running(workers=2) as two:
        for service in (one, two):
            ask_all(service.port, form(data), CLIENTS, CLIENTS)  # warm
        for _ in range(3):
            for workers, service in ((1, one), (2, two)):
                seconds, _ = ask_all(service.port, form(data), CLIENTS, pictures)
                rates[workers].append(pictures / seconds)
    best = {workers: max(found) for workers, found in rates.items()}
    print(f"\nscaling: {CLIENTS} clients, best of 3 rounds of {pictures} pictures of {len(data):,} bytes")
    for workers, rate in best.items():
        print(f"  {workers} worker{'s' * (workers > 1)}  {rate:6.1f} pictures/s")
    print(f"  2 workers are {best[2] / best[1]:.2f} x as fast as 1")


def full(measure: Measure) -> None:
    """Milliseconds of a refusal while as many pictures wait as may wait."""
    large = encoded(drawn("gradient", (1000, 750), 1), "JPEG", quality=60)
    sizes = {"a picture of 100 kB": encoded(drawn("painterly", (300, 200), 1)), "a file of 18 MB": bytes(18_000_000)}
    found: dict[str, list[float]] = {name: [] for name in sizes}
    statuses: Counter[int] = Counter()
    with running(workers=1, queue=7) as service, ThreadPoolExecutor(8) as clients, httpx.Client() as client:
        url, stop = f"{service.url}/v1/verdicts", threading.Event()

        def fill() -> None:
            while not stop.is_set():
                httpx.post(f"{url}?stability=true", files=image(large), timeout=300)

        filling = [clients.submit(fill) for _ in range(8)]
        while client.get(f"{service.url}/health").json()["queue"]["waiting"] < 8:
            time.sleep(0.02)
        for name, data in sizes.items():
            body = form(data)  # made before the clock runs
            for _ in range(measure.of(100, 5)):
                status, taken = timed(lambda body=body: client.post(url, content=body, headers=HEADERS, timeout=300))
                statuses[status] += 1
                found[name] += [taken] if status == 429 else []
        stop.set()
        for one in filling:
            one.result()
    print(f"\nfull: requests to a full queue, statuses {dict(statuses)}")
    for name, times in found.items():
        print(f"  refusal of {name}: {spread(times)}")


def loris(measure: Measure) -> None:
    """Milliseconds of a request while a thousand connections hold theirs open."""
    assert may_open(4096), "raise the limit with `ulimit -Hn`"
    small, times = encoded(drawn("painterly", (96, 64), 1)), {"before": [0.0], "beside them": [0.0]}
    statuses: dict[str, Counter[int]] = {}
    with running(workers=1) as service, httpx.Client(timeout=60) as client:
        url = f"{service.url}/v1/verdicts"

        def ask(when: str) -> None:
            asked = [timed(lambda: client.post(url, files=image(small))) for _ in range(measure.of(50, 5))]
            statuses[when] = Counter(status for status, _ in asked)
            times[when] = [taken for _, taken in asked]

        ask("before")
        with silent(service.port, 1000):
            ask("beside them")
    print("\nloris: requests of 1 client and 1,000 connections with nothing, half a head, or a head and half a body")
    for when, taken in times.items():
        print(f"  {when}: {spread(taken)}, statuses {dict(statuses[when])}")


def postgres(measure: Measure) -> None:
    """The database stops under load and comes back; then it freezes and goes on."""
    from brushwork.store.migrate import upgrade

    with cluster(free_port()) as database:
        upgrade(database.url)
        with running(database_url=database.url, workers=2) as service:
            _outage("stopped", service, database.stop, database.start, measure.of(20, 5))
            _outage("frozen", service, database.hang, database.wake, measure.of(20, 5))


def _outage(how: str, service: Served, away: Callable[[], None], back: Callable[[], None], seconds: int) -> None:
    picture = encoded(drawn("painterly", (300, 200), 1))
    with under_load(service.url, picture, CLIENTS, "?save=true&reexamine=true") as load:
        time.sleep(2)
        away()
        time.sleep(seconds)
        back()
        start, answered = time.perf_counter(), load.statuses[200]
        while load.statuses[200] == answered and time.perf_counter() - start < PATIENCE_S:
            time.sleep(0.01)
        recovered = time.perf_counter() - start
        time.sleep(1)
    _told(how, seconds, load, recovered, service)


def _told(how: str, seconds: int, load: Load, recovered: float, service: Served) -> None:
    with httpx.Client(base_url=service.url, timeout=60) as client:
        lost = [v for v in load.saved if client.get(f"/v1/verdicts/{v}").status_code != 200]
    print(f"\npostgres: {CLIENTS} clients that save, the database {how} for {seconds} s")
    print(f"  statuses {dict(load.statuses)}, problems {dict(load.problems)}, broken off {len(load.broken)}")
    first = f"{recovered:.2f} s after it was back" if recovered < PATIENCE_S else f"not within {PATIENCE_S:.0f} s"
    print(f"  first answer {first}; {len(lost)} of {len(load.saved)} saved verdicts lost")


def memory(measure: Measure) -> None:
    """Memory while tiny pictures are saved, most of them once more."""
    requests = measure.of(20_000, 200)
    fresh = itertools.count(1)
    known: list[bytes] = [form(encoded(drawn("painterly", (96, 64), 0)))]

    def body(number: int) -> bytes:
        if number % 10 == 0:
            known.append(form(encoded(drawn("painterly", (96, 64), next(fresh)))))
            return known[-1]
        return known[number % len(known)]

    print(f"\nmemory: {requests} requests of {CLIENTS} clients\n  requests  service MB  workers MB  requests/s")
    with running(workers=2) as service, httpx.Client(timeout=300) as client:
        url = f"{service.url}/v1/verdicts?save=true"

        def send(number: int) -> None:
            answer = client.post(url, content=body(number), headers=HEADERS)
            assert answer.status_code == 200, answer.text

        _in_parts(service, send, requests, measure.seconds)


def _in_parts(service: Served, send: Callable[[int], None], requests: int, limit_s: float) -> int:
    """Send them all by CLIENTS clients, and tell memory after each part; how many there was time for."""
    end, size = time.perf_counter() + limit_s, -(-requests // PARTS)
    with ThreadPoolExecutor(CLIENTS) as clients:
        for first in range(0, requests, size):
            start = time.perf_counter()
            list(clients.map(send, range(first, first + size)))
            now = time.perf_counter()
            own, workers = megabytes(service)
            print(f"  {first + size:8}  {own:10.1f}  {workers:10.1f}  {size / (now - start):10.1f}", flush=True)
            if now + (now - start) > end and first + size < requests:
                print("  stopped: the time was over")
                return first + size
    return requests


def bad(measure: Measure) -> None:
    """Damaged files: what is answered, and what stays in memory."""
    files, uploads = list(seeds().items()), measure.of(10_000, 200)
    outcomes: Counter[str] = Counter()
    print(f"\nbad: {uploads} uploads from {len(files)} mutated files, {CLIENTS} clients")
    print("   uploads  service MB  workers MB   uploads/s")
    with running(workers=2) as service, httpx.Client(timeout=300) as client:

        def send(number: int) -> None:
            name, data = files[number % len(files)]
            answer = client.post(f"{service.url}/v1/verdicts", files=image(mutated(data, number), name))
            kind = "answered" if answer.status_code == 200 else answer.json()["type"].removeprefix("/problems/")
            outcomes[f"{answer.status_code} {kind}"] += 1

        _in_parts(service, send, uploads, measure.seconds)
    for outcome, count in outcomes.most_common():
        print(f"  {count:6}  {outcome}")


if __name__ == "__main__":
    main()
