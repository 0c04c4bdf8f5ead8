"""SECURITY.md 7, 9, 21, 28 and 38 for what people take away: reports, images, facts."""

from __future__ import annotations

import io
import json
import re
import socket
from pathlib import Path

import pytest
from PIL import Image

from brushwork import Examiner
from brushwork.look import Kind, captioned, explained, looked
from brushwork.picture import open_picture
from brushwork.report.batch import batch_html, read_jsonl
from brushwork.report.casefile import case_file
from brushwork.report.keys import signing_key
from brushwork.report.make import Form, written
from brushwork.settings import Settings
from brushwork.takeaways import annotated, prepared
from brushwork.workers import Job
from tests.made.drawings import drawn, encoded
from tests.made.tagged import camera_exif, with_xmp, xmp_packet

EVIL = '"><img src=x onerror=alert(1)>'
TAIL = b"PK\x03\x04<script>alert('tail of a polyglot')</script>"


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    return Examiner.from_bundle("default")


@pytest.fixture(scope="module")
def reports(examiner: Examiner, tmp_path_factory: pytest.TempPathFactory) -> dict[Form, bytes]:
    """Case files of a photo with a place, serial numbers and something hidden behind its end."""
    photo = encoded(drawn("painterly", (400, 300), 2), "JPEG", exif=camera_exif()) + TAIL
    verdict, images = prepared(examiner, Job(photo, EVIL))
    key = signing_key(Settings(_env_file=None, signing_folder=tmp_path_factory.mktemp("keys")))
    case = case_file(verdict, name=EVIL, note=EVIL, asked_by=EVIL)
    return {form: written(case, images, key, form) for form in Form}


def test_sec_07_nothing_hidden_in_a_file_is_in_what_is_made_of_it(
    examiner: Examiner, reports: dict[Form, bytes]
) -> None:
    photo = encoded(drawn("painterly", (400, 300), 2), "JPEG", exif=camera_exif()) + TAIL
    picture = open_picture(photo)
    found = examiner.explain(photo)
    made = [annotated(examiner, Job(photo, "p")), *reports.values()]
    for kind in Kind:
        stream = io.BytesIO()
        captioned(explained(picture, kind, found), kind).save(stream, "PNG")
        made.append(stream.getvalue())
        with Image.open(stream) as again:
            assert again.info == {}
    for data in made:
        assert b"polyglot" not in data
        assert b"SECRET" not in data


def test_sec_09_metadata_to_look_at_is_cleaned_and_cut() -> None:
    packet = xmp_packet(xmp__CreatorTool=f"{EVIL}\u202e{'x' * 9000}")
    (field,) = (f for f in looked(open_picture(with_xmp(drawn(), packet))).metadata if f.name == "xmp:CreatorTool")
    assert field.value.startswith(EVIL)
    assert "\u202e" not in field.value
    assert len(field.value) <= 2000


def test_sec_28_a_report_escapes_every_text(reports: dict[Form, bytes]) -> None:
    page = reports[Form.HTML]
    assert b"<img src=x" not in page
    assert b"<script" not in page
    assert page.count(b"&lt;img src=x onerror=alert(1)&gt;") >= 4


def test_sec_28_a_page_of_many_pictures_escapes_every_text(examiner: Examiner) -> None:
    row = {"path": EVIL, **examiner.examine(encoded(drawn())).to_dict()}
    row["wording"] = {"answer": EVIL, "why": EVIL, "error_rate": EVIL, "advice": [EVIL]}
    page = batch_html(read_jsonl(json.dumps(row).encode(), "r"), EVIL)
    assert b"<img src=x" not in page
    assert page.count(b"&lt;img src=x") >= 4


def test_sec_28_a_pdf_is_made_without_the_network_and_without_scripts(
    examiner: Examiner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object, **_more: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    verdict, images = prepared(examiner, Job(encoded(drawn()), "http://127.0.0.1:1/x.png"))
    case = case_file(verdict, name="http://127.0.0.1:1/x.png", note='<img src="http://127.0.0.1:1/y.png">')
    key = signing_key(Settings(_env_file=None, signing_folder=tmp_path))
    data = written(case, images, key, Form.PDF)
    objects, streams = re.subn(rb"stream\r?\n.*?endstream", b"", data, flags=re.DOTALL)  # compressed, so any bytes
    assert streams >= 2 and b"/Type /Catalog" in objects and b"/ObjStm" not in objects  # no object hides in a stream
    assert not re.findall(rb"/(?:JavaScript|JS|Launch|URI|AA)\b", objects)


def test_sec_38_no_report_names_a_place_or_a_serial_number(reports: dict[Form, bytes]) -> None:
    payload = json.loads(reports[Form.JSON])["payload"]
    text = json.dumps(payload)
    assert "location present" in text
    assert "SECRET" not in text
    for degrees in ("48.0", "51.0", "29.6"):
        assert f'"{degrees}' not in text


def test_sec_38_what_is_to_look_at_hides_them_until_asked() -> None:
    picture = open_picture(encoded(drawn(), "JPEG", exif=camera_exif()))
    assert "SECRET" not in looked(picture).model_dump_json()
    assert "BODY-SERIAL-SECRET" in looked(picture, private=True).model_dump_json()
    hidden = {field.name for field in looked(picture).metadata if field.hidden}
    assert {"GPSLatitude", "GPSLongitude", "BodySerialNumber", "LensSerialNumber", "CameraOwnerName"} <= hidden
