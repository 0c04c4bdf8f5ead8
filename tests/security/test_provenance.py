"""Lines 9, 38 and 43 of the security list, for what files say of themselves."""

from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import c2pa
import pytest
from PIL import Image

from brushwork.picture import open_picture
from brushwork.provenance import exif, read_all, xmp
from brushwork.provenance.credentials import reader_settings
from brushwork.text import MAX_SHOWN
from brushwork.verdict import Evidence, State
from tests.made import tagged
from tests.made.certificates import authority
from tests.made.drawings import drawn, encoded
from tests.made.signed import action, signed

IMAGE = drawn("painterly", (160, 120))
AI = (action("created", "trainedAlgorithmicMedia"),)


class Listener:
    """A server on loopback that counts who calls and hangs up."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/manifest.c2pa"
        self.calls = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed: the test is over
                return
            self.calls += 1
            connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    yield server
    server.close()


def everything(data: bytes, trust_list: Path | None = None) -> tuple[Evidence, ...]:
    return read_all(open_picture(data), trust_list)


def all_text(evidence: tuple[Evidence, ...]) -> str:
    return json.dumps([e.model_dump(mode="json") for e in evidence], ensure_ascii=False)


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "WEBP"])
def test_sec_43_a_remote_manifest_is_not_fetched(listener: Listener, picture_format: str) -> None:
    data = signed(encoded(IMAGE, picture_format), picture_format, actions=AI, remote_url=listener.url)
    credentials = everything(data)[0]
    assert credentials.state is State.UNREADABLE
    assert "remote manifest, not fetched" in credentials.summary
    assert credentials.facts[0].value.startswith("http://127.0.0.1:")
    assert listener.calls == 0


def test_sec_43_the_listener_would_see_a_fetch(listener: Listener) -> None:
    """The control: the library's own settings do call, so that the silence above means something."""
    data = signed(encoded(IMAGE), actions=AI, remote_url=listener.url)
    context = c2pa.Context(c2pa.Settings.from_dict({"verify": {"remote_manifest_fetch": True}}))
    with pytest.raises(c2pa.C2paError):
        c2pa.Reader("image/png", io.BytesIO(data), context=context)
    assert listener.calls > 0


def test_sec_43_no_ocsp_responder_is_asked(listener: Listener, tmp_path: Path) -> None:
    signer = authority("Signer With A Responder", ocsp_url=listener.url)
    data = signed(encoded(IMAGE), actions=AI, signer=signer)
    assert everything(data, signer.trust_list(tmp_path))[0].state is State.FOUND
    assert listener.calls == 0


def test_sec_43_no_identity_is_resolved(shared_data: Path) -> None:
    """A CAWG identity names a did:web issuer, and the library looks its address up even with remote manifests off."""
    data = (shared_data / "provenance" / "ac1aca8fc7b8.jpg").read_bytes()
    context = c2pa.Context(c2pa.Settings.from_dict(reader_settings(None)))
    report = json.loads(c2pa.Reader("image/jpeg", io.BytesIO(data), context=context).json())
    assert "cawg.ica" not in json.dumps(report["validation_status"])


def test_sec_43_every_way_out_is_closed_in_the_settings() -> None:
    settings = reader_settings(None)
    assert settings["verify"]["remote_manifest_fetch"] is False
    assert settings["verify"]["ocsp_fetch"] is False
    assert settings["core"] == {"allowed_network_hosts": [], "decode_identity_assertions": False}


def entity_packet(declaration: str, use: str) -> bytes:
    body = tagged.xmp_packet(photoshop__Credit="CREDIT").decode().replace("CREDIT", use)
    return f"<!DOCTYPE x [{declaration}]>{body.partition('?>')[2].partition('<?xpacket')[0]}".encode()


def hostile_packets(url: str) -> dict[str, bytes]:
    laughs = '<!ENTITY a0 "Made with Google AI">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    )
    return {
        "an external entity over HTTP": entity_packet(f'<!ENTITY x SYSTEM "{url}">', "&x;"),
        "an external entity of a file": entity_packet('<!ENTITY x SYSTEM "file:///etc/hostname">', "&x;"),
        "an external DTD": entity_packet(f'<!ENTITY % x SYSTEM "{url}"> %x;', "none"),
        "billion laughs": entity_packet(laughs, "&a9;"),
        "an inner entity": entity_packet('<!ENTITY x "Made with Google AI">', "&x;"),
    }


@pytest.mark.parametrize("case", hostile_packets(""))
def test_sec_43_entities_in_xmp_are_refused(listener: Listener, case: str) -> None:
    evidence = everything(tagged.with_xmp(IMAGE, hostile_packets(listener.url)[case], "PNG"))
    (damaged,) = [e for e in evidence if e.state is State.UNREADABLE]
    assert "never resolved" in damaged.summary
    assert not any(e.declares_ai for e in evidence)
    assert listener.calls == 0


def test_sec_43_a_reference_in_xmp_is_not_followed(listener: Listener) -> None:
    data = tagged.with_xmp(IMAGE, tagged.xmp_packet(dcterms__provenance=listener.url))
    assert everything(data)[0].state in (State.UNREADABLE, State.ABSENT)
    assert listener.calls == 0


HOSTILE = "Made with Google AI\n\x1b[31m\u202egnihtyna\u2066\x00 <script>alert(1)</script>" + "A" * 5000


def test_sec_09_hostile_text_is_shown_on_one_short_line() -> None:
    chunks = {"parameters": tagged.A1111 + HOSTILE, "Software": "NovelAI\n" + HOSTILE, "Description": HOSTILE}
    data = tagged.with_chunks(IMAGE, {k: v.replace("\x00", "") for k, v in chunks.items()})
    evidence = everything(data) + everything(
        signed(encoded(IMAGE), actions=(action("created", "trainedAlgorithmicMedia", HOSTILE),))
    )
    values = [fact.value for e in evidence for fact in e.facts]
    values += [e.summary for e in evidence] + [e.tool or "" for e in evidence]
    assert any("script" in value for value in values), "the text must have been read"
    for value in values:
        assert len(value) <= MAX_SHOWN
        assert value.isprintable()
        assert not set(value) & set("\n\r\x1b\u202e\u2066")


def test_sec_09_metadata_sizes_are_capped() -> None:
    packet = tagged.xmp_packet(photoshop__Credit="Made with Google AI" + "A" * xmp.MAX_XMP)
    evidence = everything(tagged.with_xmp(IMAGE, packet, "WEBP"))
    assert any(e.state is State.UNREADABLE and "more than" in e.summary for e in evidence)


def test_sec_09_exif_that_repeats_one_large_value_is_not_copied() -> None:
    """65,535 tags that all name the same megabyte: reading them all would take 64 GB."""
    count, size = 65_535, 1_000_000
    start = 8 + 2 + 12 * count + 4
    entry = (0x010E).to_bytes(2, "little") + (2).to_bytes(2, "little") + size.to_bytes(4, "little")
    block = b"II*\0\x08\0\0\0" + count.to_bytes(2, "little")
    block += (entry + start.to_bytes(4, "little")) * count + b"\0" * 4 + b"A" * size
    parsed = exif.parse_exif(block)
    assert parsed.damaged == "too many entries"
    assert sum(map(len, parsed.values.values())) <= exif.MAX_VALUE


def test_sec_09_exif_that_points_to_itself_ends() -> None:
    block = b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x69\x87\x04\0\x01\0\0\0\x08\0\0\0" + b"\0" * 4
    assert exif.parse_exif(block).values == {}


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP"])
def test_sec_38_no_place_and_no_serial_number_is_shown(picture_format: str) -> None:
    evidence = everything(encoded(IMAGE, picture_format, exif=tagged.camera_exif()))
    text = all_text(evidence)
    assert "location present" in text
    for secret in ("SECRET", "29.6", "40.2", "48.0", "A. Painter"):
        assert secret not in text


def test_sec_38_a_place_without_a_camera_is_said_without_values() -> None:
    tags = Image.Exif()
    tags.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.6)})
    tags[0x0131] = "GIMP"
    text = all_text(everything(encoded(IMAGE, "JPEG", exif=tags)))
    assert "location present" in text
    assert "29.6" not in text


def test_sec_38_a_place_in_xmp_is_said_without_values() -> None:
    packet = tagged.xmp_packet(exif__GPSLatitude="48,51.493N", exif__GPSLongitude="2,17.670E")
    text = all_text(everything(tagged.with_xmp(IMAGE, packet)))
    assert "location present" in text
    assert "51.493" not in text


def test_sec_38_a_signed_place_and_a_certificate_number_are_not_shown() -> None:
    place = {"label": "stds.exif", "data": {"exif:GPSLatitude": "48,51.493N", "exif:BodySerialNumber": "SECRET"}}
    text = all_text(everything(signed(encoded(IMAGE), actions=AI, extra_assertions=(place,))))
    assert "SECRET" not in text
    assert "48,51" not in text
    assert "serial" not in text.lower()
