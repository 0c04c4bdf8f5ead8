"""Families of generators: from what a source or a file says of its model to the words that tables and weights use."""

from __future__ import annotations

import re
from typing import Final

HUMAN_WORD: Final = "human"
UNKNOWN: Final = "not named"
TEXT: Final = 1 << 19
"""Bytes at the beginning of a file that are searched for a model's name; a graph of ComfyUI stands there."""

# The first that matches counts: the particular stand before the general.
_FAMILIES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), family)
    for pattern, family in (
        (r"neural style|style transfer", "Neural style transfer"),
        (r"\bmuse\b", "Muse"),
        (r"simulacra|majesty|clip-guided|glid-?3", "Guided diffusion, 2021-2022"),
        (r"vqgan", "VQGAN+CLIP"),
        (r"disco.?diffusion", "Disco Diffusion"),
        (r"latent.?diffusion", "Latent Diffusion"),
        (r"craiyon|dall.?e.?mini|min.?dalle", "Craiyon"),
        (r"deepfloyd|\bif-i-", "DeepFloyd IF"),
        (r"stylegan|biggan|\bgan\b", "GAN"),
        (r"novelai|\bnai\b", "NovelAI"),
        (r"niji", "Midjourney niji"),
        (r"midjourney.{0,200}?(?:--v|version|\bv) ?(\d)", "Midjourney v{}"),
        (r"midjourney", "Midjourney"),
        (r"gpt-?image-?2", "GPT-image-2"),
        (r"gpt-?image|gpt-?4o|openai imagegen|chatgpt image|\bgpt-5", "GPT-image"),
        (r"dall.?e.?2", "DALL-E 2"),
        (r"dall.?e|bing|image creator|designer|microsoft", "DALL-E 3"),
        (r"nano.?banana|gemini", "Gemini"),
        (r"imagen|made with google|google", "Imagen"),
        (r"flux.?2|flux-2|klein", "FLUX.2"),
        (r"flux|kontext|\bfill-dev", "FLUX.1"),
        (r"qwen", "Qwen-Image"),
        (r"z.?image", "Z-Image"),
        (r"seedream|doubao|jimeng", "Seedream"),
        (r"hidream", "HiDream"),
        (r"hunyuan", "Hunyuan"),
        (r"chroma(?!xl)", "Chroma"),
        (r"lumina|aura.?flow", "Lumina or AuraFlow"),
        (r"\bwan[ _.-]?2|wan2", "Wan"),
        (r"cosmos", "Cosmos"),
        (r"omnigen", "OmniGen"),
        (r"kolors", "Kolors"),
        (r"pixart|sana", "PixArt or Sana"),
        (r"cascade|w.rstchen", "Stable Cascade"),
        (r"ideogram", "Ideogram"),
        (r"firefly", "Firefly"),
        (r"recraft", "Recraft"),
        (r"grok", "Grok"),
        (r"leonardo", "Leonardo"),
        (r"playground", "Playground"),
        (r"starry", "StarryAI"),
        (r"dream ?studio", "DreamStudio"),
        (r"\bsd.?3|diffusion[ _-]?3|stable-image", "SD 3"),
        (r"pony|illustrious|noob|animagine|\bwai", "SDXL anime"),
        (r"turbo|lightning|hyper", "SDXL"),
        (r"xl", "SDXL"),
        (r"\bsd.?2|diffusion[ _-]?v?-?2[._ -]|768-v|v2-1|512-base", "SD 2"),
        (
            r"anything|anime|waifu|counterfeit|pastel|meina|orange|abyss|aom\d|hassaku|cetus|grape|mix.*anime",
            "SD 1.5 anime",
        ),
        (r"\bsd.?1|diffusion[ _-]?v?-?1|v1-[45]|deliberate|dreamshaper|revanimated", "SD 1.x"),
        (r"realistic.?vision|absolutereality|cyberrealistic|epicrealism|zovya|\.ckpt", "SD 1.x"),
        (r"diffusion|a1111|comfyui|automatic1111", "Stable Diffusion"),
    )
)
_MODEL: Final = re.compile(
    r'"(?:ckpt_name|unet_name|model_name|sd_model_name)": ?"([^"\\]{1,120})"'
    r'|\bModel: ([^,\n\x00]{1,120})|"model": ?"([^"\\{]{3,120})"'
)
_TOOLS: Final = re.compile(r"NovelAI|--niji|--v [1-9]|gpt-image|GPT-4o|DALL·E|Made with Google AI|Firefly|Ideogram")
DECLARED: Final = re.compile(
    rb"(?i)trainedAlgorithmicMedia|Steps: \d+, Sampler|\"class_type\" ?:|sd-metadata|Made with Google AI|NovelAI"
    rb"|Job ID: [0-9a-f]{8}-|S\x00t\x00e\x00p\x00s\x00:\x00 \x00\d|invokeai_|Stable Diffusion|Midjourney"
)
"""What files carry that a generator wrote; in a human work it means that the source is not what it says."""


def family_of(words: str) -> str:
    """The family that `words` (a model's file name, a source's own words) belong to; UNKNOWN where none fits."""
    for pattern, family in _FAMILIES:
        found = pattern.search(words)
        if found:
            return family.format(*found.groups())
    return UNKNOWN


def model_in(data: bytes) -> str:
    """The model that text embedded in a file names, or its tool; "" where nothing does."""
    text = data[:TEXT].decode("latin-1")
    found = _MODEL.search(text) or _MODEL.search(text.replace('\\"', '"')) or _MODEL.search(text.replace("\x00", ""))
    if found:
        return next(group for group in found.groups() if group).strip()
    tool = _TOOLS.search(text)
    if tool is None:
        return ""
    return f"Midjourney {tool.group()}" if tool.group().startswith("--") else tool.group()


def declares_ai(data: bytes) -> bool:
    """True where the file itself says that a generator made it."""
    return DECLARED.search(data) is not None
