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
    SourceType("print", Origin.OTHER, "digitised from a print"),
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


# For fields that name the program (softwareAgent, CreatorTool, Software, Model ...), and there only as the whole value;
# see `ai_tool_in`. Names that other programs or people also bear are left out: "Imagen" (a retouching add-on),
# "Designer", "Playground", "Leonardo", "Flux", "Photoshop", "Sora", "Jimeng" and "Firefly" (what people are
# called), "made with Ai" (Illustrator).
AI_TOOLS: Final[tuple[AiTool, ...]] = (
    AiTool("Bing Image Creator", r"bing image creator"),
    AiTool("Microsoft Image Creator from Designer", r"image creator from (microsoft )?designer"),
    AiTool("Azure OpenAI", r"azure openai (dall[·\-. ]?e|imagegen|gpt)"),
    AiTool("DALL·E", r"dall[·\-• ]?e(?![a-z])"),
    AiTool("OpenAI GPT image", r"gpt[- ]?(image|4o)|openai (api|media service)|chatgpt"),
    AiTool("OpenAI Sora", r"openai sora"),
    AiTool("Adobe Firefly", r"adobe[ _]firefly|firefly (image|vector|pipeline)"),
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
    AiTool("Seedream", r"seedream|jimeng ai|dreamina"),
    AiTool("Meta AI", r"imagined with (?-i:AI)$|meta (?-i:AI)$"),
    AiTool("an unnamed AI tool", r"made with (?-i:AI)$"),
)  # fmt: skip

# What may stand before a name, and after it: makers, versions, forms of the program, an address. Nothing else may, for
# a sentence that begins with the name of a tool is as likely against it as for it.
_BEFORE: Final = (
    r"[\s\"'(\[]*(?:(?:made|created|generated|imagined) (?:with|by|using|in) )?"
    r"(?:(?:openai|google|microsoft|adobe|amazon|azure|bytedance|automatic1111)[ '/:_-]+)?"
)
_AFTER: Final = frozenset({
    "ai", "api", "alpha", "app", "art", "beta", "bot", "by", "contributor", "core", "cpp", "desktop", "dev",
    "diffusion", "extra", "flash", "forge", "generated", "generator", "hd", "image", "imagegen", "inpainting",
    "ios", "kontext", "large", "mac", "macos", "max", "media", "mini", "model", "next", "niji", "open", "openai",
    "preview", "pro", "schnell", "service", "services", "standard", "turbo", "ui", "ultra", "v", "vector",
    "version", "via", "web", "webui", "windows", "xl",
})  # fmt: skip
_SEPARATORS: Final = re.compile(r"https?://\S+|[\s.,:;/|()\[\]+_·-]+")
_VERSION: Final = re.compile(r"#?[a-z]*\d\w*", re.IGNORECASE)
_COMPILED: Final = tuple(
    (tool, re.compile(rf"{_BEFORE}(?:{tool.pattern})(?![a-z])", re.IGNORECASE)) for tool in AI_TOOLS
)
if len({tool.name for tool in AI_TOOLS}) != len(AI_TOOLS):
    raise AssertionError("an AI tool stands twice in AI_TOOLS")


def ai_tool_in(text: str) -> AiTool | None:
    """The known AI tool that `text`, a field that names a program, is the name of, perhaps with its maker and version.
    None where the tool is only mentioned ("scan, not Midjourney") or the text is a denial."""
    if len(text) > 200 or denies(text):
        return None
    for tool, pattern in _COMPILED:
        name = pattern.match(text)
        if name is not None and all(map(_belongs, _SEPARATORS.split(text[name.end() :]))):
            return tool
    return None


def _belongs(word: str) -> bool:
    """True for what stands behind the name of a program: nothing, a version, a known word."""
    return not word or word.casefold() in _AFTER or _VERSION.fullmatch(word) is not None


# "No" in the languages that were thought of. A second line behind the forms above: it may only take a declaration
# away, so a word too many costs a forgeable sign, and a word too few is what the forms are for.
_DENIAL: Final = re.compile(
    r"\b(no|not|never|none|nor|non|without|against|anti|neither|nothing|zero|stop|ban|boycott|refuse[sd]?|protect\w*"
    r"|(do|does|did|is|was) ?n.?t|no-?ai"
    r"|kein\w*|nicht|nie|niemals|ohne|gegen|nein"
    r"|pas|sans|contre|jamais|aucune?|ne|sin|contra|nunca|jam[aá]s|ning[uú]n\w*|senza|mai|nessun\w*|contro"
    r"|sem|n[aã]o|nenhum\w*|geen|niet|zonder|tegen|inte|utan|ikke|uten|uden|ei|ilman|bez|nie|nije|ne|без|не|нет|против"
    r"|hay.r|de[gğ]il|yok|olmadan)\b|(?<=[a-z])-free\b|\bfree (of|from)\b|不|非|没|無|无|禁|なし|ない|아니|없|금지",
    re.IGNORECASE,
)


def denies(text: str) -> bool:
    """True where `text` holds a word that says no, in one of many languages; looks at 2,000 characters."""
    return _DENIAL.search(text[:2000]) is not None
