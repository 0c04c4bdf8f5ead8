"""Content Credentials signed here: trust, tampering, chains of ingredients."""

from __future__ import annotations

from pathlib import Path

import pytest

from brushwork.errors import SettingsError
from brushwork.picture import open_picture
from brushwork.provenance import Metadata, credentials
from brushwork.verdict import Claim, Evidence, State, Trust
from tests.made.certificates import authority
from tests.made.drawings import drawn, encoded
from tests.made.signed import action, signed

PLAIN = encoded(drawn("painterly", (160, 120)))
PHOTO = encoded(drawn("noise_texture", (160, 120)), "JPEG")
AI = (action("created", "trainedAlgorithmicMedia", "Test Generator"),)
CAPTURE = (action("created", "digitalCapture"),)


def read(data: bytes, trust_list: Path | None = None) -> Evidence:
    (evidence,) = credentials.read(Metadata(open_picture(data), trust_list))
    return evidence


@pytest.fixture(scope="module")
def ai() -> bytes:
    return signed(PLAIN, actions=AI)


@pytest.fixture(scope="module")
def capture() -> bytes:
    return signed(PLAIN, actions=CAPTURE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return authority().trust_list(tmp_path)


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_a_trusted_signature_on_ai(picture_format: str, root: Path) -> None:
    data = signed(encoded(drawn(size=(160, 120)), picture_format), picture_format, actions=AI)
    evidence = read(data, root)
    assert (evidence.state, evidence.claim, evidence.trust) == (State.FOUND, Claim.WHOLLY_AI, Trust.TRUSTED)
    assert evidence.tool == "Test Generator"
    assert "the signer is in the configured trust list" in evidence.summary


def test_a_trusted_signature_on_a_capture(capture: bytes, root: Path) -> None:
    evidence = read(capture, root)
    assert (evidence.claim, evidence.trust) == (Claim.CAPTURE, Trust.TRUSTED)


@pytest.mark.parametrize(("actions", "claim"), [(AI, Claim.WHOLLY_AI), (CAPTURE, Claim.CAPTURE)])
def test_without_a_list_nothing_is_trusted(actions: tuple[dict, ...], claim: Claim) -> None:
    evidence = read(signed(PLAIN, actions=actions))
    assert (evidence.claim, evidence.trust) == (claim, Trust.UNVERIFIED)


def test_a_list_that_names_someone_else_trusts_nothing(ai: bytes, tmp_path: Path) -> None:
    assert read(ai, authority("Someone Else").trust_list(tmp_path)).trust is Trust.UNVERIFIED


def test_changed_pixels_are_tampering(root: Path) -> None:
    data = bytearray(signed(PHOTO, "JPEG", actions=AI))
    data[-20] ^= 0x55  # within the compressed pixels, behind the manifest
    evidence = read(bytes(data), root)
    assert (evidence.claim, evidence.trust) == (Claim.WHOLLY_AI, Trust.TAMPERED)
    assert not evidence.declares_ai
    assert any("assertion.dataHash.mismatch" in fact.value for fact in evidence.facts)


def test_a_changed_claim_is_tampering(root: Path) -> None:
    data = signed(PHOTO, "JPEG", actions=AI)
    assert b"Test Generator" in data
    evidence = read(data.replace(b"Test Generator", b"Pest Generator"), root)
    assert evidence.trust is Trust.TAMPERED
    assert not evidence.declares_ai


@pytest.mark.parametrize(
    ("steps", "claim"),
    [
        ((), Claim.WHOLLY_AI),
        ((action("converted"),), Claim.WHOLLY_AI),
        ((action("cropped"), action("watermarked")), Claim.WHOLLY_AI),
        ((action("edited", "trainedAlgorithmicMedia"), action("edited", "composite")), Claim.WHOLLY_AI),
        ((action("edited", "compositeWithTrainedAlgorithmicMedia"),), Claim.WHOLLY_AI),
        ((action("edited"),), Claim.PARTLY_AI),
        ((action("drawing"),), Claim.PARTLY_AI),
    ],
)
def test_an_ai_parent(ai: bytes, root: Path, steps: tuple[dict, ...], claim: Claim) -> None:
    evidence = read(signed(PLAIN, actions=steps, ingredients=((ai, "parentOf"),)), root)
    assert evidence.claim is claim
    assert evidence.tool == "Test Generator" or evidence.tool == "Brushwork Test Maker 1.0"


@pytest.mark.parametrize(
    ("steps", "claim"),
    [
        ((action("cropped"),), Claim.CAPTURE),
        ((action("edited"),), Claim.HUMAN_EDIT),
        ((action("edited", "compositeWithTrainedAlgorithmicMedia"),), Claim.PARTLY_AI),
        ((action("edited", "trainedAlgorithmicMedia"),), Claim.PARTLY_AI),
        ((action("edited", agent="Adobe Firefly"),), Claim.PARTLY_AI),
    ],
)
def test_a_captured_parent(capture: bytes, root: Path, steps: tuple[dict, ...], claim: Claim) -> None:
    evidence = read(signed(PLAIN, actions=steps, ingredients=((capture, "parentOf"),)), root)
    assert (evidence.claim, evidence.trust) == (claim, Trust.TRUSTED)


def test_an_ai_picture_placed_in_a_drawing_is_partly_ai(ai: bytes) -> None:
    drawing = (action("created", "digitalCreation"),)
    evidence = read(signed(PLAIN, actions=drawing, ingredients=((ai, "componentOf"),)))
    assert evidence.claim is Claim.PARTLY_AI


def test_a_prompt_picture_says_nothing_of_the_result(ai: bytes) -> None:
    evidence = read(signed(PLAIN, actions=CAPTURE, ingredients=((ai, "inputTo"),)))
    assert evidence.claim is Claim.CAPTURE


def test_a_manifest_without_actions_says_what_its_only_ingredient_says(ai: bytes) -> None:
    assert read(signed(PLAIN, ingredients=((ai, "componentOf"),))).claim is Claim.WHOLLY_AI


def test_an_edit_of_an_unsigned_file_states_nothing(root: Path) -> None:
    """Anyone can open a generated file that lost its credentials: the edit must not clear it."""
    evidence = read(signed(PLAIN, actions=(action("edited"),), ingredients=((PLAIN, "parentOf"),)), root)
    assert (evidence.claim, evidence.trust) == (Claim.NOT_STATED, Trust.TRUSTED)


def test_a_capture_with_an_unsigned_part_states_nothing(root: Path) -> None:
    evidence = read(signed(PLAIN, actions=CAPTURE, ingredients=((PLAIN, "componentOf"),)), root)
    assert evidence.claim is Claim.NOT_STATED


def test_a_capture_by_a_stranger_is_not_laundered_by_a_trusted_editor(root: Path) -> None:
    stranger = signed(PLAIN, actions=CAPTURE, signer=authority("Stranger"))
    evidence = read(signed(PLAIN, actions=(action("cropped"),), ingredients=((stranger, "parentOf"),)), root)
    assert (evidence.claim, evidence.trust) == (Claim.CAPTURE, Trust.UNVERIFIED)


@pytest.mark.parametrize("term", ["algorithmicMedia", "composite", "digitalCreation", "humanEdits", "screenCapture"])
def test_other_source_types_are_no_ai(term: str) -> None:
    assert read(signed(PLAIN, actions=(action("created", term),))).claim is Claim.NOT_STATED


def test_an_early_agent_without_a_source_type_is_known_by_name() -> None:
    evidence = read(signed(PLAIN, actions=(action("created", agent="Bing Image Creator"),), claim_version=1))
    assert (evidence.claim, evidence.tool) == (Claim.WHOLLY_AI, "Bing Image Creator")


def test_a_file_without_credentials_is_absent() -> None:
    assert read(PLAIN).state is State.ABSENT


def test_a_bare_picture_is_not_checked() -> None:
    (evidence,) = credentials.read(Metadata(open_picture(drawn(size=(64, 64)))))
    assert evidence.state is State.NOT_CHECKED


def test_a_broken_manifest_is_unreadable() -> None:
    data = signed(PHOTO, "JPEG", actions=AI)
    at = data.index(b"c2cs")
    evidence = read(data[:at] + b"\xff" * 40 + data[at + 40 :])
    assert (evidence.state, evidence.claim) == (State.UNREADABLE, Claim.NOT_STATED)


BAD_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("content", [None, "", "no certificate here\n", "\u00e9", BAD_CERTIFICATE])
def test_a_wrong_trust_list_names_the_setting(ai: bytes, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "list.pem"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match="BRUSHWORK_TRUST_LIST"):
        read(ai, path)


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("digitalCreation", "declare that it was made by a person with digital tools"),
        ("humanEdits", "declare that it was edited by a person without generative tools"),
        ("print", "declare that it was digitised from a print"),
    ],
)
def test_what_is_no_capture_is_said_in_its_own_words_and_claims_nothing(term: str, words: str, root: Path) -> None:
    """Such a declaration is shown, trusted or not; it is never called a camera capture."""
    evidence = read(signed(PLAIN, actions=(action("created", term),)), root)
    assert evidence.claim is Claim.NOT_STATED
    assert words in evidence.summary
