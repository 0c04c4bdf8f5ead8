"""Every one of the 43 real files gets the answer that a careful reader gives. The table was written from what the
files and their labels say, before it was compared with any output.

How it was reasoned. Signed by OpenAI, Microsoft, Google or Adobe Firefly with trainedAlgorithmicMedia on the creating
action, or an early Bing agent without source type: wholly AI, unverified (no list is configured). Test images whose
actions are opened, edited or colour adjustments, or that are algorithmicMedia: nothing stated. A hash or a claim
signature that does not fit now: tampered. Facebook's bare term, Google's credit line and Midjourney's job id: unsigned.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import pytest

from brushwork.picture import open_picture
from brushwork.provenance import read_all
from brushwork.verdict import Claim, State, Trust

W, P, C, N = Claim.WHOLLY_AI, Claim.PARTLY_AI, Claim.CAPTURE, Claim.NOT_STATED
UNVERIFIED, TAMPERED, UNSIGNED = Trust.UNVERIFIED, Trust.TAMPERED, Trust.UNSIGNED
FOUND, UNREADABLE = State.FOUND, State.UNREADABLE


class Expected(NamedTuple):
    """What one reader must answer for one file; `tool` is a part of the tool's name."""

    source: str
    state: State
    claim: Claim
    trust: Trust
    tool: str = ""


def signed(claim: Claim, trust: Trust = UNVERIFIED, tool: str = "") -> Expected:
    return Expected("credentials", FOUND, claim, trust, tool)


def unsigned(source: str, claim: Claim, tool: str = "") -> Expected:
    return Expected(source, FOUND, claim, UNSIGNED, tool)


BROKEN = Expected("credentials", UNREADABLE, N, UNSIGNED)

EXPECTED: dict[str, tuple[Expected, ...]] = {
    "b4ede116b403.png": (unsigned("generator_text", W, "stable-diffusion.cpp"),),
    "7b874a0ae01f.jpg": (BROKEN, unsigned("camera", C, "SM-J320F")),
    "b9340069e0fb.jpg": (BROKEN,),
    "d19757eb4b96.png": (unsigned("generator_text", W, "ComfyUI"),),
    "938d0feb8e33.jpg": (unsigned("source_type", P, "Google"),),
    "09b17eb1ed3e.png": (unsigned("source_type", W, "Google"),),
    "7889d219b9de.png": (unsigned("source_type", W, "Stable Diffusion"),),
    "348b141a678a.jpg": (unsigned("generator_text", W, "AUTOMATIC1111"),),
    "8dc66b54a89d.jpg": (unsigned("generator_text", W, "ComfyUI"),),
    "962622556281.jpg": (unsigned("source_type", W),),
    "169a9e9300b1.png": (unsigned("source_type", W), unsigned("generator_text", W, "Midjourney")),
    "af4ddcf0845f.jpg": (unsigned("source_type", W, "OpenAI"),),
    "5629c7ac7a97.png": (unsigned("generator_text", W, "Midjourney"),),
    "ac1aca8fc7b8.jpg": (signed(N),),
    "d55f99981e1b.png": (signed(N, tool="Photoshop"),),
    "c868c7180ad3.jpg": (signed(W, tool="Firefly"),),
    "f601e5171ecf.jpg": (signed(W, tool="Firefly"),),
    "148bec811e6a.jpg": (signed(N),),
    "a8d1e32e68c8.jpg": (signed(N),),
    "9cfe7f652dba.jpg": (signed(N),),
    "56415afb9281.jpg": (signed(N, TAMPERED),),
    "05d6b6e5d331.jpg": (signed(N),),
    "24b582b4d926.jpg": (signed(N, TAMPERED),),
    "190825ec7f87.jpg": (signed(C),),
    "fd13d76d2bd4.jpg": (signed(N),),
    "9632a50af5a1.jpg": (signed(N),),
    "6cb93cc7d281.jpg": (signed(N),),
    "ac81a5a9c927.jpg": (signed(N, TAMPERED),),
    "e901a7bab341.jpg": (signed(N, TAMPERED),),
    "e8fa80acf489.jpg": (signed(N),),
    "c46508c771d5.png": (signed(N),),
    "b95cc1f7646c.png": (signed(W, tool="Google"),),
    "dc7c81cceb12.jpg": (signed(W, tool="Designer"),),
    "357ddc006420.png": (signed(W, tool="Azure OpenAI ImageGen"),),
    "08c9985e05c8.jpg": (signed(W, tool="Designer"),),
    "0b7566552fc3.jpg": (signed(W, tool="Bing Image Creator"),),
    "9dd64d5b6d1b.jpg": (signed(W, tool="Image Creator from Designer"),),
    "030d3f585be5.jpg": (signed(W, tool="Image Creator from Designer"),),
    "3e4576c62941.mpo": (signed(N), unsigned("camera", C, "NIKON Z 9")),
    "8bdfaf11681c.png": (signed(W, tool="gpt-image"),),
    "a52760e71149.webp": (signed(W, tool="DALL·E"),),
    "172dc89e1763.png": (signed(W, tool="GPT-4o"),),
    "a7aba878d687.png": (signed(W, tool="GPT-4o"),),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_real_file_gets_the_right_answer(name: str, shared_data: Path) -> None:
    evidence = read_all(open_picture(shared_data / "provenance" / name))
    said = [e for e in evidence if e.state in (State.FOUND, State.UNREADABLE)]
    assert [(e.source, e.state, e.claim, e.trust) for e in said] == [tuple(x)[:4] for x in EXPECTED[name]]
    for answer, expected in zip(said, EXPECTED[name], strict=True):
        assert expected.tool in (answer.tool or "")
        assert answer.facts or answer.state is State.UNREADABLE


def test_the_table_names_every_real_file(shared_data: Path) -> None:
    with (shared_data / "provenance" / "labels.csv").open(encoding="utf-8") as stream:
        assert {row["file"] for row in csv.DictReader(stream)} == set(EXPECTED)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("b9340069e0fb.jpg", "remote manifest, not fetched"),
        ("dc7c81cceb12.jpg", "certificate does not conform"),
        ("172dc89e1763.png", "certificate had expired"),
        ("a7aba878d687.png", "the claim does not conform to the rules"),
        ("24b582b4d926.jpg", "altered after signing"),
        ("8bdfaf11681c.png", "the signature is intact, but no trust list is configured here that names the signer"),
        ("938d0feb8e33.jpg", "AI was used in part"),
    ],
)
def test_the_sentence_says_why(name: str, words: str, shared_data: Path) -> None:
    evidence = read_all(open_picture(shared_data / "provenance" / name))
    assert any(words in e.summary for e in evidence)


@pytest.mark.slow
def test_no_human_picture_is_said_to_declare_ai(shared_data: Path) -> None:
    from pyarrow import parquet

    table = parquet.ParquetFile(shared_data / "art" / "train.parquet")
    accused, seen = [], 0
    for batch in table.iter_batches(64, columns=["image", "label", "source"]):
        for row in batch.to_pylist():
            if row["label"] == 0:
                seen += 1
                picture = open_picture(row["image"]["bytes"])
                accused += [(row["source"], e.summary) for e in read_all(picture) if e.declares_ai]
    assert accused == []
    assert seen == 2082
