"""No run is lost: kills between and within epochs, a kill while saving, a full disk, a loss that is no number."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab import keeping  # noqa: E402
from brushwork.lab.gather import cache_of, gather  # noqa: E402
from brushwork.lab.keeping import (  # noqa: E402
    BEST,
    CHECKPOINTS,
    newest_checkpoint,
    reached,
)
from brushwork.lab.plan import read_plan  # noqa: E402
from brushwork.lab.train import HELD_AUC, load_network, train  # noqa: E402
from brushwork.lab.writing import HALF_WRITTEN, take_name, written_whole  # noqa: E402


@pytest.fixture
def ready(tiny_recipe):
    """A plan with some of its training settings changed, and the cache of its regions."""
    torch.set_num_threads(1)

    def prepare(epochs: int = 1, **settings):
        plan = read_plan(tiny_recipe(epochs=epochs))
        plan = plan.model_copy(update={"train": plan.train.model_copy(update={"dropout": 0.0, **settings})})
        return plan, (cache_of(plan, gather(plan)),)

    return prepare


def test_a_run_killed_within_an_epoch_goes_on_from_the_clocks_checkpoint(ready, tmp_path):
    """S2 issue: less than five minutes are lost, however long an epoch is."""
    plan, caches = ready(epochs=2, steps_per_epoch=3, checkpoint_minutes=1e-9)
    kept: list[Path] = []

    class Copies(pytest.importorskip("lightning.pytorch").Callback):
        def on_train_batch_start(self, trainer, *_):
            for path in (tmp_path / "straight" / CHECKPOINTS).glob("epoch001-00002.ckpt"):
                kept.append(tmp_path / "cut" / CHECKPOINTS / path.name)
                kept[-1].parent.mkdir(parents=True, exist_ok=True)
                kept[-1].write_bytes(path.read_bytes())

    straight = train(plan, caches, tmp_path / "straight", progress=False, watchers=[Copies()])
    assert kept, "the clock saved within the second epoch"
    assert reached(kept[0]) == (1, 2)
    resumed = train(plan, caches, tmp_path / "cut", progress=False)
    assert resumed.name == straight.name == "epoch001.ckpt"
    ends = [load_network(path, plan.train).state_dict() for path in (straight, resumed)]
    assert all(torch.equal(ends[0][key], ends[1][key]) for key in ends[0])
    state = torch.load(resumed, map_location="cpu", weights_only=False)
    assert (state["epoch"], state["global_step"]) == (1, 6)
    again = train(plan, caches, tmp_path / "cut", progress=False)
    assert again == resumed, "a finished run has nothing to do"


def test_a_kill_while_a_checkpoint_is_written_keeps_the_former_one(tmp_path):
    path = tmp_path / "epoch000.ckpt"
    written_whole(path, lambda part: torch.save({"weights": torch.ones(3)}, part))
    former = path.read_bytes()

    def killed_half_way(part: Path) -> None:
        part.write_bytes(former[: len(former) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if not child:
        written_whole(path, killed_half_way)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert (tmp_path / f"epoch000.ckpt{HALF_WRITTEN}").stat().st_size < len(former)
    assert path.read_bytes() == former
    assert newest_checkpoint(tmp_path) == path


def test_a_loss_that_is_no_number_stops_with_the_last_good_checkpoint(ready, tmp_path):
    plan, caches = ready(epochs=1)
    good = train(plan, caches, tmp_path / "run", progress=False)
    before = good.read_bytes()
    plan, caches = ready(epochs=3, smoothing=0.0)
    state = torch.load(good, map_location="cpu", weights_only=False)
    state["state_dict"]["net.trunk.classifier.bias"].fill_(float("nan"))
    torch.save(state, good)
    with pytest.raises(LabError, match=r"diverged at step 2.*epoch000\.ckpt") as raised:
        train(plan, caches, tmp_path / "run", progress=False)
    assert "learning_rate" in raised.value.advice
    assert [p.name for p in good.parent.iterdir()] == ["epoch000.ckpt"]
    assert "--fresh" in raised.value.advice
    good.write_bytes(before)


def test_a_fresh_start_keeps_its_own_checkpoints_and_not_those_that_count_further(ready, tmp_path):
    plan, caches = ready(epochs=3)
    train(plan, caches, tmp_path / "run", progress=False)
    plan, caches = ready(epochs=1, learning_rate=1e-5)
    found = train(plan, caches, tmp_path / "run", resume=False, progress=False)
    assert [p.name for p in found.parent.iterdir()] == [found.name] == ["epoch000.ckpt"]


def test_weights_that_ran_away_are_never_saved(ready, tmp_path):
    plan, caches = ready(epochs=1, learning_rate=1e30, weight_decay=0.0, warmup=0.0)
    with pytest.raises(LabError, match=r"diverged at step \d+.*no checkpoint from before"):
        train(plan, caches, tmp_path / "run", progress=False)
    assert newest_checkpoint(tmp_path / "run" / CHECKPOINTS) is None


def test_a_full_disk_says_so_and_how_to_go_on(ready, tmp_path):
    plan, caches = ready()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))  # no file may grow beyond: as a full disk
    try:
        with pytest.raises(LabError, match=r"Training stopped: .*too large") as raised:
            train(plan, caches, tmp_path / "run", progress=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "goes on from the checkpoint" in raised.value.advice
    assert newest_checkpoint(tmp_path / "run" / CHECKPOINTS) is None


def test_a_kill_leaves_no_checkpoint_that_knows_of_a_best_which_is_not_there(ready, tmp_path, monkeypatch):
    plan, caches = ready(held_out=0.4)
    there: dict[str, bool] = {}

    def taken(part, path):
        there[path.name] = (path.parent / BEST).is_file()
        take_name(part, path)

    monkeypatch.setattr(keeping, "take_name", taken)
    train(plan, caches, tmp_path / "run", progress=False)
    assert there["epoch000.ckpt"]


def test_early_stopping_looks_at_sources_that_training_never_draws(ready, tmp_path):
    plan, caches = ready(epochs=9, learning_rate=1e-12, held_out=0.4, patience=1, ema=0.0)
    found = train(plan, caches, tmp_path / "run", progress=False)
    assert found.name == BEST
    last = newest_checkpoint(tmp_path / "run" / CHECKPOINTS)
    assert last is not None
    assert reached(last).epochs <= 4, "an AUC that does not move ends the training"
    log = next((tmp_path / "run" / "log").rglob("metrics.csv")).read_text()
    assert HELD_AUC in log


def test_too_few_sources_to_hold_any_out_are_refused(ready, tmp_path):
    plan, caches = ready(held_out=0.1)
    with pytest.raises(LabError, match="5 human sources cannot be dealt to 10 folds"):
        train(plan, caches, tmp_path / "run", progress=False)
