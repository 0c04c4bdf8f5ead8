"""Generators as tables and attribution know them: the name with the year of its release, and one of ten families."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

FAMILIES: Final = (
    "Stable Diffusion 1.x", "Stable Diffusion XL", "Flux", "Midjourney", "DALL-E 3", "GPT image", "Gemini image",
    "GAN or VQGAN", "style transfer", "other",
)  # fmt: skip
"""The classes of attribution, in the order of the model's outputs. "Unknown" is none of them: it is a doubt."""
OTHER: Final = "other"
UNTOLD: Final = ""
"""The family of a picture whose description leaves it open; such a picture teaches no family."""


class Generator(NamedTuple):
    """A generator: its name, the year of its first release, its family, and a pattern of the descriptions of it."""

    name: str
    year: int
    family: str
    pattern: str


# The first that matches counts, so the narrow ones stand before the wide ones.
GENERATORS: Final = (
    Generator("neural style transfer", 2015, "style transfer", r"style transfer|neural style|gatys"),
    Generator("VQGAN+CLIP", 2021, "GAN or VQGAN", r"vqgan"),
    Generator("GANs", 2014, "GAN or VQGAN", r"gan\b"),
    Generator("Craiyon (DALL-E mini)", 2021, "GAN or VQGAN", r"craiyon|dall.?e.?mini"),
    Generator("DeepFloyd IF", 2023, OTHER, r"deepfloyd"),
    Generator("Midjourney niji", 2022, "Midjourney", r"niji"),
    Generator("Midjourney", 2022, "Midjourney", r"midjourney"),
    Generator("GPT image (GPT-4o and later)", 2025, "GPT image", r"gpt-?4o|gpt-?image|openai imagegen"),
    Generator("Gemini image (nano banana)", 2025, "Gemini image", r"gemini(-\d|\b(?! 2024))|nano[ -]banana|google llc"),
    Generator("Google AI, model not named", 2024, UNTOLD, r"google|gemini"),
    Generator("Imagen", 2024, OTHER, r"imagen\b"),
    Generator("DALL-E 2", 2022, OTHER, r"dall.?e[ -]?2"),
    Generator("DALL-E 3 (Designer, ChatGPT)", 2023, "DALL-E 3", r"dall|designer|azure openai|image creator|\bbing\b"),
    Generator("Flux", 2024, "Flux", r"\bflux"),
    Generator("Stable Cascade", 2024, OTHER, r"stable cascade"),
    Generator("Stable Diffusion 1.x or XL, not told which", 2022, UNTOLD, r"sd1\.5/sdxl|sd1/2/xl/3"),
    Generator("Stable Diffusion XL", 2023, "Stable Diffusion XL", r"sdxl|sd_xl|diffusion xl|model=[^ ]*xl"),
    Generator("Stable Diffusion 1.x, anime", 2022, "Stable Diffusion 1.x", r"ai-anime sd1\.5|sd 1\.5 anime"),
    Generator("Stable Diffusion 1.x", 2022, "Stable Diffusion 1.x", r"stable diffusion v?1|sd ?1\.[45x]"),
    Generator("Stable Diffusion 2", 2022, OTHER, r"stable diffusion v?2|\bsd ?2"),
    Generator("Stable Diffusion 3", 2024, OTHER, r"stable diffusion v?3|\bsd ?3"),
    Generator("latent and disco diffusion", 2021, OTHER, r"(latent|disco) diffusion"),
    Generator("Stable Diffusion 1.x (A1111)", 2022, "Stable Diffusion 1.x", r"a1111 exif usercomment; model="),
    Generator("Stable Diffusion, not told which", 2022, UNTOLD, r"comfyui|a1111|stable diffusion|novelai"),
    Generator("StarryAI and DreamStudio", 2022, OTHER, r"starryai|dreamstudio"),
    Generator("other models of 2024-26", 2024, OTHER,
              r"\b(anima|ernie_image|ideogram|lens|mage_flow|ovis_image|qwen|sefi_image|wan|z.image|seedream|hidream"
              r"|hunyuan|chroma|lumina|auraflow|cosmos|omnigen|kolors|pixart|sana|firefly|recraft|grok|leonardo"
              r"|playground)"),
)  # fmt: skip
_PATTERNS: Final = tuple((re.compile(g.pattern, re.IGNORECASE), g) for g in GENERATORS)


def named(description: str) -> Generator | None:
    """The generator that a description names, None where it names none that is known here."""
    return next((generator for pattern, generator in _PATTERNS if pattern.search(description)), None)


def generator_of(description: str) -> str:
    """Its name with the year of its first release; the description itself where it is not known here."""
    found = named(description)
    return f"{found.name}, {found.year}" if found else description[:60]


def attributed_to(description: str) -> str:
    """One of FAMILIES, or UNTOLD where the description does not tell."""
    found = named(description)
    return found.family if found else UNTOLD
