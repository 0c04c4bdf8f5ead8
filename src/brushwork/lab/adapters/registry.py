"""The public data sets that have a name here: where each lies, under what terms, how it is laid out and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from ...errors import LabError
from ..datasets import AI, HUMAN
from .layouts import Tick, read_cifake, read_classes, read_competition, read_genimage
from .listing import Found

Line = dict[str, Any]


@dataclass(frozen=True)
class Kaggle:
    """A set of Kaggle, or the files of a competition, whose rules must be accepted there first. `tables` are the files
    of it that are no pictures."""

    slug: str
    competition: bool = False
    tables: tuple[str, ...] = ()

    @property
    def home(self) -> str:
        """Its page."""
        return f"https://www.kaggle.com/{'competitions' if self.competition else 'datasets'}/{self.slug}"

    @property
    def by_hand(self) -> str:
        """The command of the official client."""
        road = f"competitions download -c {self.slug}" if self.competition else f"datasets download {self.slug}"
        return f"kaggle {road}"


@dataclass(frozen=True)
class HuggingFace:
    """Files of a data set of Hugging Face: those whose paths match `pattern`, at most `files` of them."""

    repository: str
    pattern: str = "*"
    files: int = 1

    @property
    def home(self) -> str:
        """Its page."""
        return f"https://huggingface.co/datasets/{self.repository}"

    @property
    def by_hand(self) -> str:
        """The command of the official client."""
        return f"hf download {self.repository} --repo-type dataset --include '{self.pattern}'"


@dataclass(frozen=True)
class Addresses:
    """A set that lists addresses of pictures: the columns that may hold them, and which lines count. `label` is the
    class of lines that name none; None where every line has to."""

    columns: tuple[str, ...]
    label: int | None
    generator: str = ""
    keep: Callable[[Line], bool] = lambda _: True
    most: int = 30_000


@dataclass(frozen=True)
class Adapter:
    """One public set. It has pictures in a layout (`read`), or addresses of pictures (`addresses`)."""

    name: str
    title: str
    hub: Kaggle | HuggingFace | None
    licence: str
    layout: str
    read: Callable[[Path, Tick[Any]], Found] | None = None
    addresses: Addresses | None = None
    home: str = ""

    @property
    def page(self) -> str:
        """Where people read about it."""
        return self.hub.home if self.hub else self.home


LEAST_SIDE: Final = 200
"""Pixels of the shorter side under which a listed picture is not fetched."""


def _safe_laion(line: Line) -> bool:
    """Large enough, and not marked as unsafe or watermarked, where the metadata says so."""
    small = {str(key).lower(): value for key, value in line.items()}
    sides = [small.get("width"), small.get("height")]
    unsafe, marked = small.get("punsafe"), small.get("pwatermark")
    return (
        all(side is None or side >= LEAST_SIDE for side in sides)
        and str(small.get("nsfw") or "UNLIKELY").upper() == "UNLIKELY"
        and (unsafe is None or unsafe < 0.1)
        and (marked is None or marked < 0.5)
    )


def _safe_civitai(line: Line) -> bool:
    return str(line.get("nsfw", False)).lower() in ("false", "none", "0")


ADAPTERS: Final[tuple[Adapter, ...]] = (
    Adapter(
        "cifake", "CIFAKE: CIFAR-10 against Stable Diffusion 1.4, 32 x 32",
        Kaggle("birdy654/cifake-real-and-ai-generated-synthetic-images"),
        "MIT for the generated half; CIFAR-10 asks to be cited",
        "train and test with REAL and FAKE in each, or train.parquet and test.parquet", read=read_cifake,
    ),
    Adapter(
        "tiny-genimage", "Tiny GenImage: seven generators against ImageNet", Kaggle("yangsangtai/tiny-genimage"),
        "see its page; GenImage is CC BY-NC-SA 4.0, ImageNet for research only",
        "a folder for each generator, each with train and val of ai and nature", read=read_genimage,
    ),
    Adapter(
        "shutterstock-deepmedia", "The competition Detect AI vs. Human-Generated Images",
        Kaggle("detect-ai-vs-human-generated-images", competition=True, tables=("train.csv", "test.csv")),
        "the rules of the competition",
        "train.csv (file_name, label), test.csv (id), train_data, test_data_v2", read=read_competition,
    ),
    Adapter(
        "laion2b-en", "laion2B-en, a part of LAION-5B: pictures of the web with English captions",
        HuggingFace("laion/relaion2B-en-research-safe", "*.parquet"),
        "CC BY 4.0 for the list; every picture belongs to its author",
        "Parquet with the columns url, width, height, and maybe punsafe and pwatermark",
        addresses=Addresses(("url",), HUMAN, keep=_safe_laion, most=30_000),
    ),
    Adapter(
        "civitai-stable-diffusion-337k", "Addresses of 337,000 pictures of Civitai, with prompts",
        HuggingFace("thefcraft/civitai-stable-diffusion-337k", "*.json"),
        "none stated; every picture belongs to who made it",
        "othertype/civitai.json with items, or Parquet or CSV with the column url",
        addresses=Addresses(("url",), AI, "Stable Diffusion", _safe_civitai, 15_000),
    ),
    Adapter(
        "midjourney-v5-202304-clean", "Addresses of Midjourney v5 pictures of April 2023, with prompts",
        HuggingFace("wanng/midjourney-v5-202304-clean", "*.parquet"), "Apache-2.0 for the list",
        "Parquet with the column Attachments",
        addresses=Addresses(("attachments", "url", "image_url"), AI, "Midjourney v5", most=15_000),
    ),
    Adapter(
        "paintings", "The Paintings Dataset of the Visual Geometry Group: addresses of paintings on Art UK", None,
        "the list for research; every photograph of a painting belongs to its collection",
        "the table of its page saved as CSV, with the column Image URL",
        addresses=Addresses(("image url", "url"), HUMAN, most=10_000),
        home="https://www.robots.ox.ac.uk/~vgg/data/paintings/",
    ),
    Adapter(
        "folder", "A folder of yours for each class", None, "yours",
        "human and ai (or real and fake, nature and ai), maybe in train, val and test", read=read_classes,
    ),
)  # fmt: skip
LISTS: Final = ("csv", "urls")
"""Names beside those of ADAPTERS: a table of local files, a list of addresses. Both come with --from."""
HF: Final = "hf:"
"""What stands before the name of any data set of Hugging Face."""


def adapter(name: str) -> Adapter | None:
    """The adapter of that name, None for one of LISTS and for data sets of Hugging Face.

    Raises LabError that names the three nearest.
    """
    if name in LISTS or name.startswith(HF):
        return None
    found = {a.name: a for a in ADAPTERS}.get(name)
    if found is None:
        known = (*(a.name for a in ADAPTERS), *LISTS)
        near = get_close_matches(name.lower(), known, n=3, cutoff=0.0)
        raise LabError(
            f"There is no data set {name!r}.",
            f"The nearest names are {', '.join(near)}; `brushwork data list` shows all, and any data set of Hugging "
            f"Face goes by {HF}owner/name.",
        )
    return found
