"""A case file says of itself what holds: signature, file, key, picture, verdict."""

from __future__ import annotations

import base64
import random
from dataclasses import replace
from typing import Any

import pytest

from brushwork import Examiner, Verdict
from brushwork.errors import PictureCorrupt, ReportUnusable
from brushwork.report.canonical import canonical, parsed
from brushwork.report.casefile import CaseFile, case_file, signed
from brushwork.report.check import Checked, Evidence, Outcome, check, document_in
from brushwork.report.keys import SigningKey, signing_key
from brushwork.report.make import Form, written
from brushwork.report.seal import BLANK, sealed
from brushwork.settings import Settings
from tests.made.drawings import drawn, encoded
from tests.unit.report.conftest import Made

FORMS = list(Form)


@pytest.fixture(scope="module")
def everything(made: Made, examiner: Examiner) -> Evidence:
    def examine(picture: bytes, case: CaseFile) -> Verdict:
        return examiner.examine(picture, explain=True, stability=True)

    return Evidence(
        picture=made.picture,
        keys=((made.key.public, "this machine's own key"),),
        bundle_sha256=examiner.bundle.sha256,
        examine=examine,
    )


def _outcomes(found: Checked) -> dict[str, Outcome]:
    return {one.about: one.outcome for one in found.checks}


@pytest.mark.parametrize("form", FORMS)
def test_an_untouched_file_holds_in_every_point(made: Made, everything: Evidence, form: Form) -> None:
    found = check(made.files[form], everything)
    assert set(_outcomes(found).values()) == {Outcome.HOLDS}
    assert list(_outcomes(found)) == ["signature", "file", "key", "picture", "verdict"]
    assert found.holds
    assert found.case == made.case
    assert "same verdict in every field" in found.checks[-1].words


@pytest.mark.parametrize("form", FORMS)
def test_every_changed_byte_is_noticed(made: Made, form: Form) -> None:
    data = made.files[form]
    places = random.Random(7).sample(range(len(data)), 120)
    for place in [*places, 0, len(data) - 1]:
        changed = bytearray(data)
        changed[place] ^= 0x01
        try:
            found = check(bytes(changed), Evidence())
        except ReportUnusable:
            continue
        assert not found.holds, f"byte {place} of the {form}"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("addition", [b" ", b"\n", b"<p>Cleared.</p>", b"%%EOF"])
def test_what_is_added_is_noticed(made: Made, form: Form, addition: bytes) -> None:
    for changed in (made.files[form] + addition, addition + made.files[form]):
        try:
            assert not check(changed, Evidence()).holds
        except ReportUnusable:
            assert form is Form.JSON or changed.startswith(addition)


def test_another_answer_in_the_data_is_noticed_even_under_a_new_seal(made: Made, key: SigningKey) -> None:
    document = document_in(made.files[Form.JSON])
    document["payload"]["verdict"]["wording"]["answer"] = "No sign of AI found"
    again = sealed(canonical({**document, "seal": BLANK}), key)
    found = _outcomes(check(again, Evidence()))
    assert found["signature"] is Outcome.DIFFERS
    assert found["file"] is Outcome.HOLDS


def test_what_people_see_is_sealed_too(made: Made) -> None:
    assert made.verdict.wording is not None
    page = made.files[Form.HTML].replace(made.verdict.wording.answer.encode(), b"No sign of AI found")
    found = check(page, Evidence())
    assert _outcomes(found)["signature"] is Outcome.HOLDS
    assert _outcomes(found)["file"] is Outcome.DIFFERS
    assert "Trust only the signed data" in found.checks[1].words


def test_a_file_signed_anew_by_somebody_else_has_another_key(made: Made, tmp_path: Any) -> None:
    other = signing_key(Settings(_env_file=None, signing_folder=tmp_path))
    forged = written(made.case, made.images, other, Form.HTML)
    unknown = check(forged, Evidence())
    assert _outcomes(unknown)["key"] is Outcome.UNCHECKED
    assert "anyone can make one" in unknown.checks[2].words
    given = Evidence(keys=((made.key.public, "the key that was given"),), only_these=True)
    assert _outcomes(check(forged, given))["key"] is Outcome.DIFFERS


def test_json_that_was_written_anew_says_so(made: Made) -> None:
    document = parsed(made.files[Form.JSON])
    import json

    found = _outcomes(check(json.dumps(document, indent=1).encode(), Evidence()))
    assert (found["signature"], found["file"]) == (Outcome.HOLDS, Outcome.DIFFERS)
    document.pop("seal")
    assert _outcomes(check(canonical(document), Evidence()))["file"] is Outcome.DIFFERS


def test_another_picture_is_another_picture(made: Made, everything: Evidence) -> None:
    found = check(made.files[Form.HTML], replace(everything, picture=made.picture + b" "))
    assert _outcomes(found)["picture"] is Outcome.DIFFERS
    assert "verdict" not in _outcomes(found)
    assert _outcomes(check(made.files[Form.HTML], Evidence()))["picture"] is Outcome.UNCHECKED


@pytest.mark.parametrize(
    "lacking", [{"bundle_sha256": "0" * 64}, {"trust_list": "0" * 64}, {"examine": None}, {"bundle_sha256": None}]
)
def test_where_it_cannot_be_examined_alike_it_says_so(
    made: Made, everything: Evidence, lacking: dict[str, Any]
) -> None:
    found = check(made.files[Form.JSON], replace(everything, **lacking))
    assert _outcomes(found)["verdict"] is Outcome.UNCHECKED
    assert found.holds


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"probability": 0.97}, Outcome.DIFFERS),
        ({"answer": "cannot_tell"}, Outcome.DIFFERS),
        ({"timing_ms": {}}, Outcome.HOLDS),
        ({"label": None}, Outcome.HOLDS),
    ],
)
def test_a_verdict_that_comes_out_otherwise_differs(
    made: Made, everything: Evidence, change: dict[str, Any], outcome: Outcome
) -> None:
    other = Verdict.model_validate(made.verdict.to_dict() | change)
    found = check(made.files[Form.JSON], replace(everything, examine=lambda _picture, _case: other))
    assert _outcomes(found)["verdict"] is outcome


def test_a_picture_that_cannot_be_examined_here_is_said(made: Made, everything: Evidence) -> None:
    def fails(_picture: bytes, _case: CaseFile) -> Verdict:
        raise PictureCorrupt("It is damaged.")

    found = check(made.files[Form.JSON], replace(everything, examine=fails))
    assert _outcomes(found)["verdict"] is Outcome.UNCHECKED


def test_data_of_another_version_are_still_checked_as_far_as_they_go(made: Made, key: SigningKey) -> None:
    document = signed(made.case, key)
    payload = document["payload"] | {"new_field": 1}
    document |= {"payload": payload}
    document["signature"]["value"] = base64.b64encode(key.sign(canonical(payload))).decode()
    found = check(sealed(canonical({**document, "seal": BLANK}), key), Evidence())
    assert _outcomes(found) == {
        "signature": Outcome.HOLDS, "file": Outcome.HOLDS, "key": Outcome.UNCHECKED, "verdict": Outcome.UNCHECKED,
    }  # fmt: skip
    assert found.case is None


@pytest.mark.parametrize(
    "data",
    [b"", b"text", b"{}", b"[1]", b"%PDF-1.3", b"<html>", b"\x89PNG\r\n", b"[" * 60_000,
     b'{"format":"brushwork-case-file/1"}', b'{"format":"brushwork-case-file/2","payload":{},"signature":{}}',
     b'{"format":"brushwork-case-file/1","payload":{},"signature":{"public_key":1,"value":2}}',
     b'{"format":"brushwork-case-file/1","payload":{},"signature":{"algorithm":"none","public_key":"","value":""}}',
     b'<a href="data:application/json;base64,AAAA"><a href="data:application/json;base64,AAAA">'],
)  # fmt: skip
def test_what_is_no_case_file_is_told(data: bytes) -> None:
    with pytest.raises(ReportUnusable, match="not a whole case file"):
        check(data, Evidence())


def test_bare_pixels_have_no_hash_to_compare(examiner: Examiner, key: SigningKey) -> None:
    case = case_file(examiner.examine(drawn("painterly", (300, 200))))
    found = check(written(case, _nothing(), key, Form.JSON), Evidence(picture=encoded(drawn())))
    assert _outcomes(found)["picture"] is Outcome.UNCHECKED


def _nothing() -> Any:
    from brushwork.report.casefile import Shown

    return Shown()


def test_a_failed_examination_has_no_case_file(examiner: Examiner) -> None:
    (failed,) = examiner.examine_many([b"text"])
    with pytest.raises(ValueError, match="without an answer"):
        case_file(failed)


def test_a_seal_needs_one_place(key: SigningKey) -> None:
    for data in (b"none", (BLANK + BLANK).encode()):
        with pytest.raises(ValueError, match="one place"):
            sealed(data, key)
