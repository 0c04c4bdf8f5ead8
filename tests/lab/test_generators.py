"""Descriptions of generators and kinds, as they stand in manifests, told apart (S2-15, R3-12)."""

from __future__ import annotations

import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

generators = pytest.importorskip("brushwork.lab.generators", reason=NEEDS_LAB)
kinds = pytest.importorskip("brushwork.lab.kinds", reason=NEEDS_LAB)


@pytest.mark.parametrize(
    ("text", "generator", "family"),
    [
        ("C2PA issuer=OpenAI; agent=DALL·E; cn=Truepic Lens CLI in ChatGPT", "DALL-E 3 (Designer, ChatGPT), 2023",
         "DALL-E 3"),
        ("C2PA issuer=OpenAI; agent=GPT-4o; cn=Truepic Lens CLI in Sora", "GPT image (GPT-4o and later), 2025",
         "GPT image"),
        ("C2PA issuer=Microsoft Corporation; agent=Image Creator from Designer", "DALL-E 3 (Designer, ChatGPT), 2023",
         "DALL-E 3"),
        ("DALL-E 2", "DALL-E 2, 2022", "other"),
        ("gemini-2.5-flash-image (from code)", "Gemini image (nano banana), 2025", "Gemini image"),
        ("Google Gemini 2024-02 (IPTC credit)", "Google AI, model not named, 2024", ""),
        ("Midjourney (v6 era)", "Midjourney, 2022", "Midjourney"),
        ("flux2", "Flux, 2024", "Flux"),
        ("Stable Diffusion 1.4", "Stable Diffusion 1.x, 2022", "Stable Diffusion 1.x"),
        ("ComfyUI EXIF UserComment graph; model=sdXL_v10VAEFix.safetensors", "Stable Diffusion XL, 2023",
         "Stable Diffusion XL"),
        ("SD1.5/SDXL wallpaper, metadata stripped", "Stable Diffusion 1.x or XL, not told which, 2022", ""),
        ("VQGAN+CLIP 2021 (folder = checkpoint)", "VQGAN+CLIP, 2021", "GAN or VQGAN"),
        ("neural style transfer of landmark photos", "neural style transfer, 2015", "style transfer"),
        ("z_image", "other models of 2024-26, 2024", "other"),
        ("a painter nobody knows", "a painter nobody knows", ""),
    ],
)  # fmt: skip
def test_generators_and_families_are_told_by_the_words_of_the_description(text, generator, family):
    assert generators.generator_of(text) == generator
    assert generators.attributed_to(text) == family


def test_every_generator_has_a_family_that_attribution_knows():
    known = {*generators.FAMILIES, generators.UNTOLD}
    assert {g.family for g in generators.GENERATORS} <= known


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("photo, many camera models", "photograph"),
        ("painting, photographed", "painting"),
        ("drawing and photo", "mixed art and photographs"),
        ("anime illustration, some photos", "mixed art and photographs"),
        ("photo and vector wallpaper", "mixed art and photographs"),
        ("digital comic page", "comic"),
        ("anime card art, shaped alpha corners", "anime and manga"),
        ("digital painting, concept art", "digital painting and illustration"),
        ("style transfer of photos", "style transfer"),
        ("traditional art", "other art"),
    ],
)
def test_photographs_are_a_kind_of_their_own(words, kind):
    assert kinds.kind_of(words) == kind
