"""Tag pictures as generators and editors do: text chunks, EXIF comments, XMP packets, IPTC datasets."""

from __future__ import annotations

import json
import struct
from typing import Final
from xml.sax.saxutils import quoteattr

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .drawings import encoded

A1111: Final = (
    "a lighthouse in a storm, oil on canvas\nNegative prompt: blurry\n"
    "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x384, Model hash: abcdef0123, Model: brushTest_v1, "
    "Version: v1.10.1"
)
COMFY_GRAPH: Final = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "brushTest.safetensors"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse", "clip": ["1", 1]}},
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 42,
            "steps": 20,
            "cfg": 7.0,
            "sampler_name": "euler",
            "model": ["1", 0],
            "positive": ["2", 0],
        },
    },
}
COMFY_WORKFLOW: Final = {
    "nodes": [{"id": 1, "type": "CheckpointLoaderSimple"}, {"id": 3, "type": "KSampler"}],
    "links": [[1, 1, 0, 3, 0, "MODEL"]],
}
INVOKEAI: Final = {
    "app_version": "5.4.0",
    "positive_prompt": "a lighthouse",
    "model": {"model_name": "brush-test"},
    "scheduler": "euler",
    "seed": 42,
}
FOOOCUS: Final = {
    "base_model": "brushTest",
    "base_model_hash": "abcdef0123",
    "metadata_scheme": "fooocus",
    "performance": "Speed",
    "prompt": "a lighthouse",
    "negative_prompt": "",
    "sampler": "dpmpp_2m_sde_gpu",
}
NOVELAI: Final = {
    "Title": "AI generated image",
    "Description": "a lighthouse",
    "Software": "NovelAI",
    "Source": "NovelAI Diffusion V4 37442FCA",
    "Comment": json.dumps({"prompt": "a lighthouse", "uc": "blurry", "sampler": "k_euler", "scale": 5, "seed": 42}),
}
MIDJOURNEY: Final = {
    "Author": "someone",
    "Description": "a lighthouse --ar 4:3 --v 6.1 Job ID: 64c0e540-5c7c-46f8-8fe5-82ea7e9610ec",
}
DALLE: Final = {"Software": "DALL·E 3"}


def with_chunks(image: Image.Image, chunks: dict[str, str]) -> bytes:
    """A PNG with text chunks; text outside Latin-1 goes into international chunks."""
    info = PngInfo()
    for key, value in chunks.items():
        info.add_text(key, value) if value.isascii() else info.add_itxt(key, value)
    return encoded(image, "PNG", pnginfo=info)


def comfy_chunks() -> dict[str, str]:
    """The two chunks that ComfyUI writes."""
    return {"prompt": json.dumps(COMFY_GRAPH), "workflow": json.dumps(COMFY_WORKFLOW)}


def user_comment(text: str, code: bytes = b"UNICODE\0", encoding: str = "utf-16-be") -> Image.Exif:
    """EXIF with a UserComment; an empty `code` writes the bare text, as some savers do."""
    exif = Image.Exif()
    exif[0x0128] = 2  # a resolution unit: Pillow's AVIF writer drops EXIF whose first directory is empty
    exif.get_ifd(0x8769)[0x9286] = code + text.encode(encoding)
    return exif


def text_tags(tags: dict[int, str]) -> Image.Exif:
    """EXIF with text in the first directory, e.g. {0x0131: "a program"}."""
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[tag] = value
    return exif


def camera_exif() -> Image.Exif:
    """EXIF as a camera writes it, with a place, serial numbers and an owner that no evidence may show."""
    exif = text_tags({0x010F: "Brushwork Cameras", 0x0110: "Test One", 0x0131: "1.0", 0x013B: "A. Painter"})
    exif.get_ifd(0x8769).update({
        0x829A: (1, 125), 0x829D: (28, 10), 0x9003: "2026:01:02 03:04:05", 0xA434: "Test Lens 50 mm",
        0xA430: "OWNER-SECRET", 0xA431: "BODY-SERIAL-SECRET", 0xA435: "LENS-SERIAL-SECRET",
    })  # fmt: skip
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)})
    return exif


_NAMESPACES: Final = {
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "exif": "http://ns.adobe.com/exif/1.0/",
}


def xmp_packet(**properties: str) -> bytes:
    """An XMP packet; a key "photoshop__Credit" names the property photoshop:Credit."""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    values = " ".join(f"{key.replace('__', ':')}={quoteattr(value)}" for key, value in properties.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {spaces} {values}/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def with_xmp(image: Image.Image, packet: bytes, picture_format: str = "JPEG") -> bytes:
    """A JPEG, PNG, WebP or TIFF with an XMP packet."""
    if picture_format == "TIFF":
        return encoded(image, "TIFF", tiffinfo={700: packet})
    if picture_format != "PNG":
        return encoded(image, picture_format, xmp=packet)
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet.decode())
    return encoded(image, "PNG", pnginfo=info)


def iptc_block(**fields: str) -> bytes:
    """IPTC datasets of record 2, as they lie in Photoshop's resource 0x0404."""
    numbers = {"by_line": 80, "credit": 110, "source": 115, "caption": 120}
    sets = b""
    for name, value in fields.items():
        raw = value.encode()
        sets += struct.pack(">BBBH", 0x1C, 2, numbers[name], len(raw)) + raw
    return sets


def with_iptc(image: Image.Image, block: bytes) -> bytes:
    """A JPEG whose first segment after the header holds `block` as Photoshop writes it."""
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(block)) + block + b"\0" * (len(block) % 2)
    segment = b"Photoshop 3.0\0" + resource
    data = encoded(image, "JPEG")
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + data[2:]
