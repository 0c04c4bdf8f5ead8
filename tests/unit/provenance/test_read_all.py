"""All readers together: order, one answer each at least, camera EXIF, nothing loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from brushwork.picture import open_picture
from brushwork.provenance import READERS, Metadata, camera, read_all
from brushwork.verdict import Claim, State, Trust
from tests.made import tagged
from tests.made.drawings import drawn, encoded

IMAGE = drawn("painterly", (96, 64))


def test_every_reader_answers_in_order() -> None:
    evidence = read_all(open_picture(encoded(IMAGE)))
    assert list(dict.fromkeys(e.source for e in evidence)) == [reader.name for reader in READERS]
    assert {e.state for e in evidence} == {State.ABSENT, State.NOT_CHECKED}
    assert all(e.summary.endswith(".") for e in evidence)


def test_bare_pixels_leave_only_the_pixel_readers() -> None:
    states = {e.source: e.state for e in read_all(open_picture(IMAGE)) if e.source != "hidden_marks"}
    assert set(states.values()) == {State.NOT_CHECKED}
    assert len(states) == len(READERS) - 1


def test_a_camera_is_weak_evidence() -> None:
    (evidence,) = camera.read(Metadata(open_picture(encoded(IMAGE, "JPEG", exif=tagged.camera_exif()))))
    assert (evidence.state, evidence.claim, evidence.trust) == (State.FOUND, Claim.CAPTURE, Trust.UNSIGNED)
    assert evidence.tool == "Brushwork Cameras Test One"
    assert "does not clear" in evidence.summary


def test_no_camera_is_absent_even_with_a_program() -> None:
    data = encoded(IMAGE, "JPEG", exif=tagged.text_tags({0x0131: "GIMP"}))
    assert camera.read(Metadata(open_picture(data)))[0].state is State.ABSENT


@pytest.mark.parametrize("model", ["stability_diffusion", 'prompt:{"1": {"class_type": "KSampler", "inputs": {}}}'])
def test_a_generator_is_no_camera(model: str) -> None:
    data = encoded(IMAGE, "JPEG", exif=tagged.text_tags({0x0110: model}))
    assert camera.read(Metadata(open_picture(data)))[0].state is State.ABSENT


def test_the_credentials_library_is_loaded_on_first_use_only() -> None:
    code = "import sys, brushwork.provenance; sys.exit('c2pa' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_plain_files_do_not_load_the_credentials_library() -> None:
    code = (
        "import sys, io, numpy as np; from PIL import Image; from brushwork.picture import open_picture;"
        "from brushwork.provenance import read_all; s = io.BytesIO();"
        "Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(s, 'PNG'); read_all(open_picture(s.getvalue()));"
        "sys.exit('c2pa' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
