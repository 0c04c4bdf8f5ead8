"""The words that files use for AI: the digital source types of IPTC and C2PA, and the names of AI tools.

Sources: https://cv.iptc.org/newscodes/digitalsourcetype/ (September 2024), the C2PA specification 2.2 ("Digital Source
Type"), and the names that were seen in real files.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple


class Origin(StrEnum):
    """What a digital source type says of where a picture, or one step of making it, comes from."""

    AI = "ai"
    PARTLY_AI = "partly_ai"
    CAPTURE = "capture"
    OTHER = "other"


class SourceType(NamedTuple):
    """One term of the vocabulary: its last path segment, what it means here, and that in plain words."""

    term: str
    origin: Origin
    words: str


# algorithmicMedia (a formula, no learned model), composite (of anything) and algorithmicallyEnhanced (non-generative)
# are no AI. trainedAlgorithmicData is C2PA's word for data that is no picture: it declares nothing about a picture.
SOURCE_TYPES: Final[tuple[SourceType, ...]] = (
    SourceType("trainedAlgorithmicMedia", Origin.AI, "made by a generative AI model"),
    SourceType("compositeWithTrainedAlgorithmicMedia", Origin.PARTLY_AI, "edited with a generative AI model"),
    SourceType("compositeSynthetic", Origin.PARTLY_AI, "a composite with elements from generative AI"),
    SourceType("digitalCapture", Origin.CAPTURE, "captured with a digital camera"),
    SourceType("computationalCapture", Origin.CAPTURE, "captured with a camera that merged several frames"),
    SourceType("negativeFilm", Origin.CAPTURE, "digitised from a negative on film"),
    SourceType("positiveFilm", Origin.CAPTURE, "digitised from a positive on film"),
    SourceType("print", Origin.CAPTURE, "digitised from a print"),
    SourceType("minorHumanEdits", Origin.OTHER, "edited slightly by a person"),
    SourceType("humanEdits", Origin.OTHER, "edited by a person without generative tools"),
    SourceType("compositeCapture", Origin.OTHER, "a composite of captured elements"),
    SourceType("algorithmicallyEnhanced", Origin.OTHER, "altered by an algorithm that is not generative"),
    SourceType("dataDrivenMedia", Origin.OTHER, "drawn from data"),
    SourceType("digitalCreation", Origin.OTHER, "made by a person with digital tools"),
    SourceType("digitalArt", Origin.OTHER, "made by a person with digital tools"),
    SourceType("softwareImage", Origin.OTHER, "made by software"),
    SourceType("virtualRecording", Origin.OTHER, "recorded from a virtual scene"),
    SourceType("screenCapture", Origin.OTHER, "captured from a screen"),
    SourceType("algorithmicMedia", Origin.OTHER, "computed by an algorithm without a learned model"),
    SourceType("composite", Origin.OTHER, "a composite of several elements"),
    SourceType("trainedAlgorithmicData", Origin.OTHER, "data from a learned model"),
    SourceType("empty", Origin.OTHER, "started from an empty canvas"),
)

_BY_TERM: Final = {entry.term.casefold(): entry for entry in SOURCE_TYPES}
if len(_BY_TERM) != len(SOURCE_TYPES):
    raise AssertionError("a digital source type stands twice in SOURCE_TYPES")


def source_type_of(value: str) -> SourceType | None:
    """The entry that `value` names: a URI, a QCode like "digsrctype:print" or the bare term, in any letter case, with
    stray blanks (all of these occur in real files). None where the term is not of the vocabulary."""
    return _BY_TERM.get(re.split(r"[/:#]", value[:300].strip().rstrip("/"))[-1].casefold())


class AiTool(NamedTuple):
    """A tool that makes pictures with AI: the name shown, and a pattern that no other tool's name matches."""

    name: str
    pattern: str


# Searched in fields that name the program (softwareAgent, CreatorTool, Software, Model ...), never in free text such as
# titles or captions. Names that other programs also bear are left out: "Imagen" (a retouching add-on), "Designer",
# "Playground", "Leonardo", "Flux", "Photoshop".
AI_TOOLS: Final[tuple[AiTool, ...]] = (
    AiTool("Bing Image Creator", r"bing image creator"),
    AiTool("Microsoft Image Creator from Designer", r"image creator from (microsoft )?designer"),
    AiTool("Azure OpenAI", r"azure openai (dall[·\-. ]?e|imagegen|gpt)"),
    AiTool("DALL·E", r"dall[·\-• ]?e(?![a-z])"),
    AiTool("OpenAI GPT image", r"gpt[- ]?(image|4o)|openai (api|media service)|chatgpt"),
    AiTool("OpenAI Sora", r"openai sora|^sora$"),
    AiTool("Adobe Firefly", r"adobe[ _]firefly|firefly (image|vector|pipeline)|^firefly$"),
    AiTool("Google AI", r"(made|created|edited) (with|by|using) google (generative )?ai|google (imagen|gemini)"),
    AiTool("Google Gemini", r"gemini[-_ ](generated|\d)|nano[- ]banana"),
    AiTool("Google Imagen", r"imagen[- ]?[2-9]"),
    AiTool("Midjourney", r"mid ?journey"),
    AiTool("Stable Diffusion", r"stab(le|ility)[-_ ]?diffusion|sdxl|dreamstudio|stability[. ]?ai"),
    AiTool("NovelAI", r"novelai"),
    AiTool("ComfyUI", r"comfyui"),
    AiTool("InvokeAI", r"invoke ?ai"),
    AiTool("Fooocus", r"fooocus"),
    AiTool("AUTOMATIC1111 web UI", r"automatic1111|stable-diffusion-webui"),
    AiTool("SwarmUI", r"swarmui"),
    AiTool("Draw Things", r"draw things"),
    AiTool("DiffusionBee", r"diffusionbee"),
    AiTool("Black Forest Labs FLUX", r"black ?forest ?labs|flux[. ]?[12](\.\d)?[- \[(]*(dev|schnell|pro|kontext)"),
    AiTool("Leonardo.Ai", r"leonardo\.? ?ai"),
    AiTool("Ideogram", r"ideogram"),
    AiTool("Recraft", r"recraft"),
    AiTool("Grok", r"grok[- ]?(image|imagine|\d|aurora)|xai grok|x\.ai"),
    AiTool("Amazon image generator", r"amazon (titan image|nova canvas)|titan image generator"),
    AiTool("Bria", r"bria[. ]?ai|bria [23]"),
    AiTool("Craiyon", r"craiyon"),
    AiTool("Dream by WOMBO", r"dream by wombo|wombo dream"),
    AiTool("NightCafe", r"nightcafe"),
    AiTool("Getty Images generative AI", r"generative ai by getty"),
    AiTool("Seedream", r"seedream|jimeng|dreamina"),
    AiTool("Meta AI", r"(made|imagined) with (meta )?ai|^meta ai$"),
)  # fmt: skip

_COMPILED: Final = tuple((tool, re.compile(rf"(?<![a-z])(?:{tool.pattern})", re.IGNORECASE)) for tool in AI_TOOLS)
if len({tool.name for tool in AI_TOOLS}) != len(AI_TOOLS):
    raise AssertionError("an AI tool stands twice in AI_TOOLS")


def ai_tool_in(text: str) -> AiTool | None:
    """The first known AI tool that `text`, a field that names a program, mentions in its first 300 characters."""
    head = text[:300]
    return next((tool for tool, pattern in _COMPILED if pattern.search(head)), None)
