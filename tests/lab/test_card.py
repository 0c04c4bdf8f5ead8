"""What a card says of its set is read from the set; what the shipped card says stands in its recipe too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.forensics.bundle import MODEL_FILE, load_bundle, shipped_bundles  # noqa: E402
from brushwork.lab.card import form_of  # noqa: E402
from brushwork.lab.datasets import Row  # noqa: E402
from brushwork.lab.plan import read_plan  # noqa: E402

WHOLE = Row("a", 0, "source", "group", "drawing", "", "", "", "a.png")
CROPPED = [replace(WHOLE, crop=f"10,20,{width},{height}") for width, height in ((256, 256), (384, 300))]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([WHOLE], "Pictures in the set are whole published files"),
        (CROPPED, "Pictures in the set are crops of 256 or 384 pixels"),
        ([*CROPPED, replace(WHOLE, crop="0,0,512,512")], "Pictures in the set are crops of 256 to 512 pixels"),
        ([WHOLE, CROPPED[0]], "1 of the 2 pictures are crops of 256 pixels, the others whole published files"),
    ],
)
def test_the_card_says_whether_its_figures_are_of_whole_pictures(rows, said):
    assert form_of(rows) == said


@pytest.mark.parametrize("name", shipped_bundles())
def test_a_shipped_card_agrees_with_its_recipe(name):
    bundle = load_bundle(name)
    assert bundle.recipe.origin.notes == read_plan(name).bundle.notes
    assert bundle.recipe.origin.notes in bundle.card
    assert f"`{bundle.recipe.files[MODEL_FILE]}`" in bundle.card
    assert form_of([WHOLE]) in bundle.card, "measured on files read out of clones"
