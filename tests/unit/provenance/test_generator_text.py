"""Generator text in every place where generators put it, and texts that only look like it."""

from __future__ import annotations

import json

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from brushwork.picture import open_picture
from brushwork.provenance import Metadata, generator_text
from brushwork.verdict import Claim, Evidence, State, Trust
from tests.made import tagged
from tests.made.drawings import drawn, encoded

IMAGE = drawn("painterly", (96, 64))
ASCII = b"ASCII\0\0\0"


def read(data: bytes) -> Evidence:
    (evidence,) = generator_text.read(Metadata(open_picture(data)))
    return evidence


def commented(text: str, picture_format: str, code: bytes = b"UNICODE\0", encoding: str = "utf-16-be") -> bytes:
    return encoded(IMAGE, picture_format, exif=tagged.user_comment(text, code, encoding))


CASES: dict[str, tuple[bytes, str]] = {
    "A1111 in PNG": (tagged.with_chunks(IMAGE, {"parameters": tagged.A1111}), "AUTOMATIC1111"),
    "A1111 in PNG, not ASCII": (tagged.with_chunks(IMAGE, {"parameters": "été " + tagged.A1111}), "AUTOMATIC1111"),
    "A1111 in JPEG": (commented(tagged.A1111, "JPEG"), "AUTOMATIC1111"),
    "A1111 in WebP": (commented(tagged.A1111, "WEBP"), "AUTOMATIC1111"),
    "A1111 in AVIF": (commented(tagged.A1111, "AVIF"), "AUTOMATIC1111"),
    "A1111 in JPEG, little-endian": (commented(tagged.A1111, "JPEG", encoding="utf-16-le"), "AUTOMATIC1111"),
    "A1111 in JPEG, ASCII": (commented(tagged.A1111, "JPEG", ASCII, "ascii"), "AUTOMATIC1111"),
    "A1111 in a JPEG comment": (encoded(IMAGE, "JPEG", comment=tagged.A1111.encode()), "AUTOMATIC1111"),
    "A1111 in a GIF comment": (encoded(IMAGE, "GIF", comment=tagged.A1111.encode()), "AUTOMATIC1111"),
    "ComfyUI in PNG": (tagged.with_chunks(IMAGE, tagged.comfy_chunks()), "ComfyUI"),
    "ComfyUI workflow alone": (
        tagged.with_chunks(IMAGE, {"workflow": json.dumps(tagged.COMFY_WORKFLOW)}),
        "ComfyUI",
    ),
    "ComfyUI in JPEG": (commented(json.dumps(tagged.COMFY_GRAPH), "JPEG", b"", "utf-8"), "ComfyUI"),
    "ComfyUI nested in WebP": (
        commented(json.dumps({"prompt": json.dumps(tagged.COMFY_GRAPH)}), "WEBP", ASCII, "ascii"),
        "ComfyUI",
    ),
    "ComfyUI in the model tag of WebP": (
        encoded(IMAGE, "WEBP", exif=tagged.text_tags({0x0110: "prompt:" + json.dumps(tagged.COMFY_GRAPH)})),
        "ComfyUI",
    ),
    "InvokeAI": (tagged.with_chunks(IMAGE, {"invokeai_metadata": json.dumps(tagged.INVOKEAI)}), "InvokeAI"),
    "InvokeAI of old": (tagged.with_chunks(IMAGE, {"Dream": '"a lighthouse" -s 50 -S 42 -C 7.5 -A k_lms'}), "InvokeAI"),
    "Fooocus in PNG": (tagged.with_chunks(IMAGE, {"parameters": json.dumps(tagged.FOOOCUS)}), "Fooocus"),
    "Fooocus in JPEG": (commented(json.dumps(tagged.FOOOCUS), "JPEG", ASCII, "ascii"), "Fooocus"),
    "SwarmUI": (
        tagged.with_chunks(IMAGE, {"parameters": json.dumps({"sui_image_params": {"model": "brushTest"}})}),
        "SwarmUI",
    ),
    "NovelAI": (tagged.with_chunks(IMAGE, tagged.NOVELAI), "NovelAI"),
    "Midjourney": (tagged.with_chunks(IMAGE, tagged.MIDJOURNEY), "Midjourney"),
    "Midjourney in XMP": (
        tagged.with_xmp(IMAGE, tagged.xmp_packet(dc__description=tagged.MIDJOURNEY["Description"])),
        "Midjourney",
    ),
    "DALL-E": (tagged.with_chunks(IMAGE, tagged.DALLE), "DALL·E"),
}


@pytest.mark.parametrize("case", CASES)
def test_generator_text_is_found(case: str) -> None:
    data, tool = CASES[case]
    evidence = read(data)
    assert (evidence.state, evidence.claim, evidence.trust) == (State.FOUND, Claim.WHOLLY_AI, Trust.UNSIGNED)
    assert tool in (evidence.tool or "")
    assert evidence.facts


def test_text_behind_the_pixels_is_read() -> None:
    data = tagged.with_chunks(IMAGE, {"parameters": tagged.A1111})
    start = data.index(b"tEXt") - 4
    length = int.from_bytes(data[start : start + 4], "big") + 12
    moved = data[:start] + data[start + length : -12] + data[start : start + length] + data[-12:]
    assert read(moved).state is State.FOUND


def test_the_model_is_named() -> None:
    for data in (CASES["A1111 in PNG"][0], CASES["ComfyUI in PNG"][0], CASES["Fooocus in PNG"][0]):
        assert any(fact.name == "model" and "brushTest" in fact.value for fact in read(data).facts)


@pytest.mark.parametrize(
    "chunks",
    [
        {"parameters": "a watercolour in three steps"},
        {"prompt": "Draw what you see."},
        {"prompt": '{"theme": "inktober", "day": 3}'},
        {"workflow": "sketch, ink, colour"},
        {"Comment": "Steps: sketch, ink. Sampler: none."},
        {"Description": "Print job 12, Job ID: 77"},
        {"Description": "use --ar and --v at your own risk"},
        {"Software": "Adobe Photoshop 26.0"},
        {"Software": "Krita"},
        {"Source": "Scan of a diffusion print"},
        {"Title": "Midjourney is not art"},
        {"parameters": '{"width": 3}'},
        {"Dream": "I dreamt of the sea"},
    ],
)
def test_text_by_people_is_not(chunks: dict[str, str]) -> None:
    assert read(tagged.with_chunks(IMAGE, chunks)).state is State.ABSENT


def graph_of(*kinds: str) -> bytes:
    nodes = {str(number): {"class_type": kind, "inputs": {}} for number, kind in enumerate(("LoadImage", *kinds))}
    return tagged.with_chunks(IMAGE, {"prompt": json.dumps(nodes)})


@pytest.mark.parametrize(
    "kind",
    [
        "ImageScale", "ImageNormalize", "Image Normalize", "ImageResampler", "LanczosResampler", "image_downsampler",
        "ImageUpsampler", "MaskSampler", "ColorSampler", "PaletteSampler", "GenerateMask", "MaskGenerator",
        "RegenerateMetadata", "UpscaleModelLoader", "ImageUpscaleWithModel", "GeminiNode", "FluxResolutionCalculator",
        "ImageToImageList", "ImageNameSaver", "Dallas Postcard Frame", "MotionStability", "RecraftVectorizeImageNode",
        "Reconditioner", "StableFrame", "Imagen", "KSamplerSelect",
    ],
)  # fmt: skip
def test_a_graph_that_generates_nothing_states_nothing(kind: str) -> None:
    evidence = read(graph_of(kind))
    assert (evidence.state, evidence.claim) == (State.FOUND, Claim.NOT_STATED)


@pytest.mark.parametrize(
    "kind",
    [
        "KSampler", "KSamplerAdvanced", "KSampler (Efficient)", "UltimateKSampler", "ksampler_tiled", "SamplerCustom",
        "SamplerCustomAdvanced", "WanVideoSampler", "FluxSampler", "CheckpointLoaderSimple", "UNETLoader",
        "UnetLoaderGGUF", "DiffusionModelLoader", "DiffusionModelLoaderKJ", "OpenAIDalle3", "OpenAIGPTImage1",
        "DALL-E 3", "Google Imagen", "Imagen4Node", "imagen-3", "GeminiImageNode", "GeminiImage2Node", "FluxProUltra",
        "FluxKontextProImageNode", "Flux2ProImageNode", "IdeogramV3", "RecraftTextToImageNode", "TextToImage",
        "txt2img", "StabilityStableImageUltraNode", "StableDiffusionRun",
    ],
)  # fmt: skip
def test_a_graph_that_generates_declares_ai(kind: str) -> None:
    assert read(graph_of(kind)).claim is Claim.WHOLLY_AI


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"1": {"class_type": 5, "inputs": []}}',
        "{" + "Hashes: {" * 20_000,
        '{"nodes": 3}',
    ],
)
def test_hostile_text_is_no_answer_and_no_crash(text: str) -> None:
    assert read(tagged.with_chunks(IMAGE, {"parameters": text, "prompt": text, "workflow": text})).state is State.ABSENT


def test_a_bare_picture_is_not_checked() -> None:
    (evidence,) = generator_text.read(Metadata(open_picture(Image.new("RGB", (64, 64)))))
    assert evidence.state is State.NOT_CHECKED


@pytest.mark.parametrize("case", ["A1111 in PNG", "ComfyUI in PNG", "InvokeAI", "Fooocus in PNG", "NovelAI"])
def test_the_made_files_are_what_another_reader_knows(case: str) -> None:
    """The made files must be like real ones: the parsers of sd-parsers, written from real files, name the same tool."""
    import sd_parsers

    data, tool = CASES[case]
    info = dict(open_picture(data).info)
    for parser in sd_parsers.parsers.MANAGED_PARSERS:
        try:
            found = parser().parse(info)
        except sd_parsers.exceptions.ParserError:
            continue
        assert tool.lower()[:5] in str(found.generator.value).lower()
        return
    pytest.fail("sd-parsers reads nothing in this file")


def test_only_the_first_fields_are_read() -> None:
    info = PngInfo()
    for number in range(generator_text.MAX_FIELDS + 5):
        info.add_text(f"key{number}", "x")
    info.add_text("parameters", tagged.A1111)
    assert read(encoded(IMAGE, "PNG", pnginfo=info)).state is State.ABSENT
