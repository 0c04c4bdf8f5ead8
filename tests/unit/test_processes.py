"""Processes may be killed at any moment: that costs one task, and the next one finds a new process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import wait
from pathlib import Path
from threading import Lock, Thread

import pytest

from brushwork import processes
from brushwork.errors import WorkerLost
from brushwork.processes import ProcessDied, Processes
from brushwork.settings import Settings
from brushwork.workers import Job, Workers
from tests.made.drawings import drawn, encoded

LONG_S = 60.0


def nothing() -> None:
    pass


def fail_to_start() -> None:
    raise RuntimeError("no start")


def pid_after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def raise_it(error: Exception) -> None:
    raise error


def length(data: bytes) -> int:
    return len(data)


def tell_three() -> str:
    for number in range(3):
        processes.tell(number)
    return "done"


@pytest.fixture
def one():
    processes = Processes(1, LONG_S, nothing, ())
    yield processes
    processes.close()


def test_tasks_run_elsewhere_and_in_order(one: Processes) -> None:
    pids = [future.result() for future in [one.schedule(pid_after, 0) for _ in range(5)]]
    assert len(set(pids)) == 1
    assert pids[0] != os.getpid()


def test_large_tasks_pass_whole(one: Processes) -> None:
    assert one.schedule(length, bytes(30_000_000)).result() == 30_000_000


def test_what_a_task_raises_is_raised_to_its_owner_alone(one: Processes) -> None:
    first = one.schedule(pid_after, 0).result()
    with pytest.raises(ZeroDivisionError, match="by hand"):
        one.schedule(raise_it, ZeroDivisionError("by hand")).result()
    assert one.schedule(pid_after, 0).result() == first


def test_what_a_task_tells_on_its_way_is_heard_in_order_by_whoever_asked(one: Processes) -> None:
    heard: list[int] = []
    assert one.schedule(tell_three, told=heard.append).result() == "done"
    assert heard == [0, 1, 2]
    assert one.schedule(tell_three).result() == "done"  # nobody listens
    assert heard == [0, 1, 2]
    assert tell_three() == "done"  # in no process of ours


def test_a_task_that_cannot_be_sent_is_told_and_the_next_goes_on(one: Processes) -> None:
    with pytest.raises(Exception, match=r"[Cc]an't (get|pickle)|[Cc]annot pickle"):
        one.schedule(lambda: 1).result()
    assert one.schedule(pid_after, 0).result()


def test_a_task_that_kills_its_process_costs_only_itself(one: Processes) -> None:
    futures = [one.schedule(pid_after, 0), one.schedule(die), one.schedule(pid_after, 0)]
    wait(futures)
    assert isinstance(futures[1].exception(), ProcessDied)
    assert futures[0].result() != futures[2].result()


def test_a_process_that_is_killed_while_it_waits_costs_nothing(one: Processes) -> None:
    for _ in range(3):
        pid = one.schedule(pid_after, 0).result()
        os.kill(pid, signal.SIGKILL)
        while _runs(pid):
            time.sleep(0.01)
        assert one.schedule(pid_after, 0).result() != pid


def _runs(pid: int) -> bool:
    """False once every thread of the process is gone and its first one is dead, reaped or not."""
    process = Path(f"/proc/{pid}")
    try:
        others = len(list((process / "task").iterdir())) > 1
        return others or (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_task_over_its_time_is_killed_and_the_next_one_runs() -> None:
    processes = Processes(1, 0.5, nothing, ())
    pid = processes.schedule(pid_after, 0).result()
    with pytest.raises(TimeoutError, match=r"0\.5 s"):
        processes.schedule(pid_after, LONG_S).result()
    assert not _runs(pid)
    assert processes.schedule(pid_after, 0).result() != pid
    processes.close()


def test_a_process_that_cannot_start_fails_its_tasks_instead_of_hanging() -> None:
    processes = Processes(2, LONG_S, fail_to_start, ())
    for _ in range(3):
        assert isinstance(processes.schedule(pid_after, 0).exception(), ProcessDied)
    processes.close()


def test_a_cancelled_task_is_not_run(one: Processes) -> None:
    running = one.schedule(pid_after, 0.3)
    waiting = one.schedule(die)
    assert waiting.cancel()
    assert running.result() == one.schedule(pid_after, 0).result()


def test_drain_finishes_what_was_queued_and_takes_nothing_more() -> None:
    processes = Processes(2, LONG_S, nothing, ())
    futures = [processes.schedule(pid_after, 0.05) for _ in range(6)]
    processes.drain()
    pids = {future.result(timeout=0) for future in futures}
    assert not any(_runs(pid) for pid in pids)
    with pytest.raises(RuntimeError, match="closed"):
        processes.schedule(pid_after, 0)


def test_close_cuts_off_what_runs_and_cancels_what_waits() -> None:
    processes = Processes(1, LONG_S, nothing, ())
    processes.schedule(pid_after, 0).result()
    running, waiting = processes.schedule(pid_after, LONG_S), processes.schedule(pid_after, LONG_S)
    while not running.running():
        time.sleep(0.01)
    processes.close()
    assert isinstance(running.exception(), ProcessDied)
    assert waiting.cancelled()


def test_close_ends_a_drain_that_is_under_way() -> None:
    made = Processes(2, LONG_S, nothing, ())
    futures = [made.schedule(pid_after, LONG_S) for _ in range(5)]
    while not (futures[0].running() and futures[1].running()):
        time.sleep(0.01)
    draining = Thread(target=made.drain, daemon=True)
    draining.start()
    while made._queue.qsize() < 5:  # three tasks that wait, and a None for each lane
        time.sleep(0.01)
    made.close()
    draining.join(LONG_S)
    assert not draining.is_alive()
    assert [isinstance(future.exception(), ProcessDied) for future in futures[:2]] == [True, True]
    assert all(future.cancelled() for future in futures[2:])


def _stack(lane: Thread) -> list[str]:
    """The functions in which a thread is."""
    frame, names = sys._current_frames().get(lane.ident or 0), []
    while frame is not None:
        names.append(frame.f_code.co_name)
        frame = frame.f_back
    return names


def test_close_also_ends_a_process_that_is_just_starting() -> None:
    made = Processes(1, LONG_S, pid_after, (10 * LONG_S,))
    (lane,) = made._lanes
    with processes._starting:  # the lane waits for this, with no process to be seen yet
        waiting = made.schedule(pid_after, 0)
        while "_spawn" not in _stack(lane):
            time.sleep(0.01)
        closing = Thread(target=made.close, daemon=True)
        closing.start()
        while not lane._ending:
            time.sleep(0.01)
    closing.join(LONG_S / 2)
    assert not closing.is_alive()
    assert waiting.cancelled()


@pytest.mark.parametrize(("start", "given"), [(lambda: None, ()), (nothing, (Lock(),))], ids=["start", "given"])
def test_a_start_that_cannot_be_sent_is_told_to_every_task(start: Callable[..., None], given: tuple[object]) -> None:
    made = Processes(1, LONG_S, start, given)
    for _ in range(3):
        error = made.schedule(pid_after, 0).exception(timeout=LONG_S)
        assert re.search("pickle|get local object", str(error))
    made.close()


def test_whatever_a_start_raises_is_told_and_a_later_one_may_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise RuntimeError("no more processes")

    made = Processes(1, LONG_S, nothing, ())
    with monkeypatch.context() as patched:
        patched.setattr(processes._CONTEXT, "Process", refused)
        with pytest.raises(RuntimeError, match="no more processes"):
            made.schedule(pid_after, 0).result(timeout=LONG_S)
    assert made.schedule(pid_after, 0).result(timeout=LONG_S)
    made.close()


def test_processes_end_with_an_owner_that_was_killed() -> None:
    code = (
        "import sys, time\n"
        "from brushwork.processes import Processes\n"
        "from tests.unit.test_processes import nothing, pid_after\n"
        "if __name__ == '__main__':\n"
        "    print(Processes(1, 60.0, nothing, ()).schedule(pid_after, 0).result(), flush=True)\n"
        "    time.sleep(60)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    deadline = time.monotonic() + 30
    while _runs(pid):
        assert time.monotonic() < deadline, "the process outlived its owner"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_worker_killed_under_load_costs_one_picture() -> None:
    picture = encoded(drawn("painterly", (300, 200), 1))
    with Workers(Settings(_env_file=None, workers=2)) as workers:
        workers.warm().result()
        for _ in range(3):
            jobs = [Job(picture, f"{i}.png") for i in range(20)]
            futures = [workers.submit(job) for job in jobs]
            futures[3].result()
            victim = next(lane._process for lane in workers._processes._lanes if lane._process is not None)
            os.kill(victim.pid, signal.SIGKILL)
            lost = 0
            for job, future in zip(jobs, futures, strict=True):
                try:
                    assert workers.wait(job, future).answer is not None
                except WorkerLost as error:
                    assert job.name in error.detail
                    lost += 1
            assert lost <= 1
        assert workers.waiting == 0
