"""Maps of influence: found where the score comes from, for every kind of network, and called empty where they are."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.lab import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.cli.app import build as cli  # noqa: E402
from brushwork.errors import LabError, PictureError  # noqa: E402
from brushwork.lab.classifiers import explaining  # noqa: E402
from brushwork.lab.classifiers.faithful import faithfulness, grid_cells  # noqa: E402
from brushwork.lab.classifiers.gradcam import grad_cam  # noqa: E402
from brushwork.lab.classifiers.overlays import in_words  # noqa: E402
from brushwork.lab.classifiers.plan import ClassifierPlan  # noqa: E402
from brushwork.lab.classifiers.zoo import ZOO, build  # noqa: E402

from ..conftest import draw  # noqa: E402

SIDE = 64
rng = np.random.default_rng(0)
PICTURE = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def contrast_in_corner(views):
    """A score that comes from the grain of the upper left quarter alone."""
    return np.array([view[: SIDE // 2, : SIDE // 2].std() for view in views])


def test_a_map_that_points_where_the_score_comes_from_beats_chance_and_the_opposite_one_does_not():
    """S4-33."""
    cells = grid_cells(SIDE, SIDE, 4, 4)
    right = np.zeros((4, 4))
    right[:2, :2] = 1
    found = faithfulness(PICTURE, cells, right.reshape(-1), contrast_in_corner)
    assert found.meaningful
    assert found.deletion < found.chance_deletion
    assert found.insertion > found.chance_insertion
    assert "not where AI was used" in found.words
    wrong = faithfulness(PICTURE, cells, (1 - right).reshape(-1), contrast_in_corner)
    assert not wrong.meaningful
    assert "This map means nothing" in wrong.words


def test_an_empty_map_and_a_score_that_never_moves_mean_nothing():
    cells = grid_cells(SIDE, SIDE, 4, 4)
    assert not faithfulness(PICTURE, cells, np.zeros(16), contrast_in_corner).meaningful
    steady = faithfulness(PICTURE, cells, np.arange(16.0), lambda views: np.array([0.5 for _ in views]))
    assert not steady.meaningful
    assert steady.better == 0.5
    assert in_words(np.zeros((8, 8))) == "The map is empty: no place raises the score."


class Corner(torch.nn.Module):
    """Logits by the mean of what one convolution finds in the lower right quarter."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 1, 1, bias=False)
        torch.nn.init.ones_(self.conv.weight)

    def forward(self, pixels):
        found = self.conv(pixels.permute(0, 3, 1, 2).float() / 255)
        part = found[:, :, SIDE // 2 :, SIDE // 2 :].mean((1, 2, 3))
        return torch.stack([-part, part], 1)


def test_grad_cam_finds_the_place_that_a_network_reads():
    bright = np.full((SIDE, SIDE, 3), 10, dtype=np.uint8)
    bright[40:56, 44:60] = 250
    found = grad_cam(Corner(), bright, 1)
    assert found.shape == (SIDE, SIDE)
    assert found.max() == 1
    y, x = np.unravel_index(found.argmax(), found.shape)
    assert 40 <= y < 56
    assert 44 <= x < 60
    assert grad_cam(Corner(), bright, 0).max() == 0, "nothing there speaks for the other class"


SMALL = ("small_cnn", "resnet9", "resnet10", "resnet18", "vit_base_patch16_224")
"""Those that leave more than one cell of 32 pixels; the others need 64."""


@pytest.mark.parametrize("model", [model.name for model in ZOO])
def test_every_network_of_the_zoo_is_built_and_has_a_map(model):
    """S4-33."""
    side = 32 if model in SMALL else 64
    torch.manual_seed(1)
    net = build(ClassifierPlan(model=model), 2, side).eval()
    for head in (m for m in net.modules() if isinstance(m, torch.nn.Linear) and m.out_features == 2):
        torch.nn.init.normal_(head.weight)  # some heads begin at zero, which would give an empty map
    picture = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
    maps = [grad_cam(net, picture, score) for score in (0, 1)]
    assert all(m.ndim == 2 for m in maps)
    assert maps[0].shape[0] > 1
    assert max(m.max() for m in maps) == 1
    assert min(m.min() for m in maps) >= 0


def test_a_picture_that_cannot_be_written_to_is_explained_without_a_warning():
    fixed = np.full((SIDE, SIDE, 3), 10, dtype=np.uint8)
    fixed.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert grad_cam(Corner(), fixed, 1).shape == (SIDE, SIDE)


def test_a_network_without_a_feature_map_is_refused():
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2))
    with pytest.raises(LabError, match="no feature map"):
        grad_cam(net, np.zeros((2, 2, 3), dtype=np.uint8), 0)


def test_pictures_are_explained_with_a_run_on_one_page_that_says_what_the_maps_are_worth(trained, drawn32, tmp_path):
    for index in drawn32.indices("test")[:2]:
        Image.fromarray(drawn32.pixels[index]).resize((96, 64)).save(tmp_path / f"{index}.png")
    table, page, _ = explaining.explain_pictures(sorted(tmp_path.glob("*.png")), trained.folder, None, tmp_path / "out")
    text = page.read_text()
    assert "no proof of anything" in text
    assert text.count("data:image/png;base64,") == 2
    assert "http" not in text
    assert len(table.rows) == 2
    assert {row[-1] for row in table.rows} <= {"yes", "no"}
    overlays = sorted((tmp_path / "out").glob("*.png"))
    assert [Image.open(path).size for path in overlays] == [(96, 64)] * 2
    assert "means nothing" in text or "follows this map" in text


def test_a_picture_that_cannot_be_read_is_left_out_told_and_ends_with_its_exit_code(trained, drawn32, tmp_path):
    for index in drawn32.indices("test")[:2]:
        Image.fromarray(drawn32.pixels[index]).save(tmp_path / f"{index}.png")
    (tmp_path / "0-broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and nothing else")
    words = ["explain", *map(str, sorted(tmp_path.glob("*.png"))), "--run", str(trained.folder)]
    found = CliRunner().invoke(cli(), [*words, "--out", str(tmp_path / "out")])
    assert found.exit_code == 3, found.output
    assert "1 of 3 pictures could not be read" in found.output
    text = (tmp_path / "out" / "report.html").read_text()
    assert "Left out: 1" in text
    assert "0-broken.png" in text
    assert text.count("data:image/png;base64,") == 2


@pytest.mark.parametrize("count", [1, 2])
def test_where_no_picture_can_be_read_nothing_is_written(tmp_path, count):
    paths = [tmp_path / f"{i}.png" for i in range(count)]
    for path in paths:
        path.write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"0\.png" if count == 1 else r"None of 2 pictures can be read"):
        explaining.explain_pictures(paths, None, "art-1", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_pictures_are_explained_with_the_shipped_bundle(tmp_path):
    """R3-07."""
    draw(1, 5, side=460).save(tmp_path / "large.png")
    draw(0, 6, side=96).save(tmp_path / "small.png")
    pictures = [tmp_path / "large.png", tmp_path / "small.png"]
    table, page, _ = explaining.explain_pictures(pictures, None, "art-1", tmp_path / "out")
    assert table.rows[0][-1] in ("yes", "no")
    assert table.rows[1][-1] == "no map"
    assert "one piece of this picture" in page.read_text()
