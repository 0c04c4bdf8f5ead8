"""Ctrl-C inside a finaliser, where Python drops it, still ends the run."""

from __future__ import annotations

import signal

import pytest

from brushwork.cli.interrupts import interrupts_remembered


class Interrupted:
    """Ctrl-C comes just as this is thrown away."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_in_a_finaliser_is_raised_again() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interrupts_remembered() as raise_lost:
        raise_lost()
        Interrupted()  # dropped
        raise_lost()
    assert signal.getsignal(signal.SIGINT) is before


def test_any_other_interrupt_is_raised_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_remembered():
        signal.raise_signal(signal.SIGINT)
