"""What the HTTP service costs over an `Examiner` in the same process: one drawn 1-megapixel JPEG, on loopback only.

    python -m benchmarks.service [--seconds 100] [--clients 1,8,32,128]

The service is started with one worker process and one thread, as the Examiner has. Rounds of both alternate, so that
other work on the machine falls on both; the overhead is the median over rounds of the ratio within one round. Every
number of clients gets `--seconds`, and two rounds at least: seven to eight minutes with the numbers above.
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine import described

BOUNDARY = "benchmark-boundary"
HEADERS = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


ROUND = 24
"""Pictures in one round of the service, and twice those of the Examiner; with more clients one for each."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=100, help="for each number of clients")
    parser.add_argument("--clients", default="1,8,32,128", help="numbers of clients at once")
    given = parser.parse_args()
    print(described("fastapi", "uvicorn", "onnxruntime", seed=1))
    from brushwork.cli.bench import draw
    from brushwork.examine import Examiner

    data = draw(1)[0][1]
    assert isinstance(data, bytes)
    examiner = Examiner.from_bundle("default")
    examiner.examine(data)
    with service() as port:
        for clients in (int(number) for number in given.clients.split(",")):
            compare(examiner, data, port, clients, given.seconds)


def compare(examiner: object, data: bytes, port: int, clients: int, seconds: float) -> None:
    """Alternate rounds of the Examiner and of the service with `clients` clients; print both and the overhead."""
    body, pictures = form(data), max(ROUND, clients)
    ask_all(port, body, min(clients, 8), 8)  # warm
    own, served, waits = [], [], []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(own) < 2:
        own.append(in_process(examiner, data, ROUND // 2) * pictures / (ROUND // 2))
        taken, latencies = ask_all(port, body, clients, pictures)
        served.append(taken)
        waits += latencies
    overhead = statistics.median(s / o for s, o in zip(served, own, strict=True)) - 1
    waits.sort()
    p50, p95, p99 = (1000 * waits[int(len(waits) * q)] for q in (0.50, 0.95, 0.99))
    print(
        f"\n{clients} client{'s' * (clients > 1)}, {len(own)} rounds of {pictures} pictures of {len(data):,} bytes\n"
        f"  Examiner in process  {1000 * statistics.median(own) / pictures:7.1f} ms a picture\n"
        f"  service              {1000 * statistics.median(served) / pictures:7.1f} ms a picture, "
        f"{pictures / statistics.median(served):.1f} pictures/s; request p50 {p50:.1f} ms, p95 {p95:.1f} ms, "
        f"p99 {p99:.1f} ms\n"
        f"  overhead             {100 * overhead:+7.1f} %"
    )


def in_process(examiner: object, data: bytes, pictures: int) -> float:
    """Seconds for `pictures` examinations, one after the other."""
    start = time.perf_counter()
    for _ in range(pictures):
        examiner.examine(data)  # type: ignore[attr-defined]
    return time.perf_counter() - start


def ask_all(port: int, body: bytes, clients: int, pictures: int) -> tuple[float, list[float]]:
    """Seconds for `pictures` requests by `clients` clients at once, and the seconds of each request."""
    share = -(-pictures // clients)
    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        latencies = [w for waits in threads.map(lambda _: ask(port, body, share), range(clients)) for w in waits]
    return (time.perf_counter() - start) * pictures / (share * clients), latencies


def ask(port: int, body: bytes, times: int) -> list[float]:
    """One client with one connection: the seconds of each of its requests."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    waits = []
    for _ in range(times):
        start = time.perf_counter()
        connection.request("POST", "/v1/verdicts", body, HEADERS)
        answer = connection.getresponse()
        said = answer.read()
        waits.append(time.perf_counter() - start)
        if answer.status != 200:
            raise SystemExit(f"the service answered {answer.status}: {said[:300]!r}")
    connection.close()
    return waits


def form(data: bytes) -> bytes:
    """The form with one picture."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    return head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


@contextmanager
def service() -> Iterator[int]:
    """A service of its own on a free loopback port, stopped at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "BRUSHWORK_DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.sqlite3'}",
            "BRUSHWORK_QUEUE": "256",  # 128 clients wait, none is refused
        }
        command = [sys.executable, "-m", "brushwork.cli", "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        process.stderr.readline()  # the address: it answers now
        drain = ThreadPoolExecutor(1)
        drain.submit(process.stderr.read)
        try:
            yield port
        finally:
            process.terminate()
            process.wait(60)
            drain.shutdown()


if __name__ == "__main__":
    main()
