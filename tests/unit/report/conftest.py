"""Case files made once: of a painting with everything that was asked for, and the key that signed them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from brushwork import Examiner, Verdict
from brushwork.report.casefile import CaseFile, Note, Shown, case_file
from brushwork.report.keys import SigningKey, signing_key
from brushwork.report.make import Form, written
from brushwork.settings import Settings
from brushwork.takeaways import prepared
from brushwork.workers import Job
from tests.made.drawings import drawn
from tests.made.tagged import A1111, with_chunks

EVIL = '"><img src=x onerror=alert(1)>'


@dataclass(frozen=True)
class Made:
    """One case file in every form, with the picture it is about."""

    picture: bytes
    verdict: Verdict
    case: CaseFile
    images: Shown
    key: SigningKey
    files: dict[Form, bytes]


@pytest.fixture(scope="session")
def examiner() -> Examiner:
    return Examiner.from_bundle("default")


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return signing_key(Settings(_env_file=None, signing_folder=tmp_path_factory.mktemp("keys")))


@pytest.fixture(scope="session")
def made(examiner: Examiner, key: SigningKey) -> Made:
    """A picture whose metadata is as hostile as its name, its note and who asked."""
    chunks = {"parameters": f"{EVIL}</script><script>alert(2)</script> {A1111}", "Title": EVIL}
    picture = with_chunks(drawn("painterly", (512, 384), 3), chunks)
    verdict, images = prepared(examiner, Job(picture, EVIL), stability=True)
    case = case_file(
        verdict,
        name=f"{EVIL}.png",
        note=f"{EVIL}\n{{{{ 7 * 7 }}}} 油絵 масло العربية 🎨 \x00\x1b[31m \u202eevil</style><script>alert(3)</script>",
        asked_by=f"jury {EVIL}",
        decisions=(Note(text=f"Ask for originals {EVIL}", at=verdict.created_at, by=None),),
    )
    return Made(picture, verdict, case, images, key, {form: written(case, images, key, form) for form in Form})


@pytest.fixture
def folder(tmp_path: Path, made: Made) -> Path:
    """A folder with the picture and its case files."""
    (tmp_path / "picture.png").write_bytes(made.picture)
    for form, data in made.files.items():
        (tmp_path / f"case.{form}").write_bytes(data)
    return tmp_path
