"""Text that generators leave in a file: parameters, graphs, prompts.

Fields: PNG text chunks; EXIF UserComment and the IFD0 text tags of JPEG, WebP, PNG and AVIF (ComfyUI writes "prompt:"
and "workflow:" into Make, Model or ImageDescription); the comment of JPEG and GIF; the description in XMP and IPTC.
A text counts by its own structure, or as a whole value that is a tool's name; never by its key alone or by a name in
prose, for people use "prompt" and "parameters" too, and name a tool to say that they did not use it. Reading is
bounded: `MAX_TEXT` characters of a field, regular expressions without nested repetition, JSON of limited depth.
Unsigned: anyone can write such text, also to frame an artist.

sd-parsers is not used here: one of its patterns takes time quadratic in a hostile text, its extractors remember the
last picture by an id that Python reuses, and it misses graphs in JPEG and WebP. The tests compare with its parsers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ..verdict import Claim, Evidence, Fact
from .answers import absent, bare_pixels, fact, found
from .exif import Exif
from .metadata import Metadata
from .vocabulary import ai_tool_in

SOURCE: Final = "generator_text"
MAX_TEXT: Final = 1 << 20
MAX_FIELDS: Final = 200


class Mark(NamedTuple):
    """What one rule found: the tool, the model that the text names, and whether it says that AI made the picture."""

    tool: str
    model: str | None
    fact: Fact
    declares: bool = True


def read(metadata: Metadata) -> tuple[Evidence, ...]:
    """The generator text of the picture."""
    if metadata.bare:
        return (bare_pixels(SOURCE),)
    marks = tuple(marks_in(_fields(metadata)))
    if not marks:
        return (absent(SOURCE, "No text of an image generator in this file."),)
    return (answer(SOURCE, marks, "The file carries the parameters of"),)


def answer(source: str, marks: tuple[Mark, ...], opening: str) -> Evidence:
    """One piece of evidence for all `marks`, of which the first that declares AI leads."""
    lead = next((m for m in marks if m.declares), marks[0])
    model = f" (model {lead.model})" if lead.model else ""
    if lead.declares:
        summary = (
            f"{opening} {lead.tool}{model}, an AI image generator; anyone could have added them, they are not signed."
        )
    else:
        summary = f"The file carries a graph of {lead.tool}, but no step of it generates a picture."
    return found(
        source,
        summary,
        claim=Claim.WHOLLY_AI if lead.declares else Claim.NOT_STATED,
        tool=lead.tool,
        facts=tuple(m.fact for m in marks) + tuple(fact("model", m.model) for m in marks if m.model),
    )


def _fields(metadata: Metadata) -> dict[str, str]:
    """Every text field by name, PNG keys as they are (the rules know them), others with their place in front."""
    fields: dict[str, str] = {}
    for key, value in list(metadata.picture.info.items())[:MAX_FIELDS]:
        if isinstance(value, bytes) and key == "comment":
            fields["comment"] = value[:MAX_TEXT].decode("utf-8", "replace")
        elif isinstance(value, str) and isinstance(key, str) and not key.startswith("XML:"):
            fields[key] = value[:MAX_TEXT]
    fields |= _exif_fields(metadata.exif)
    fields["XMP description"] = metadata.xmp.first("dc:description")
    fields["IPTC caption"] = metadata.iptc.get("IPTC Caption", "")
    return {key: value for key, value in fields.items() if value}


def _exif_fields(exif: Exif) -> Iterator[tuple[str, str]]:
    yield "EXIF UserComment", exif.comment()[:MAX_TEXT]
    for name in ("Make", "Model", "ImageDescription", "Software"):
        text = exif.text(name)
        kind, colon, rest = text.partition(":")
        graph = colon and kind.strip().lower() in ("prompt", "workflow") and rest.lstrip()[:1] == "{"
        yield (kind.strip().lower(), rest[:MAX_TEXT]) if graph else (f"EXIF {name}", text[:MAX_TEXT])


def marks_in(fields: Mapping[str, str]) -> Iterator[Mark]:
    """Apply every rule to `fields` (name to text), each at most once."""
    for rule in RULES:
        mark = rule(fields)
        if mark is not None:
            yield mark


_STEPS: Final = re.compile(r"\bSteps: {0,3}\d{1,5}\b")
_SEED: Final = re.compile(r"\bSeed: {0,3}\d{1,20}\b")
_GUIDANCE: Final = re.compile(r"\b(Sampler|CFG scale|Guidance|Schedule type): ")
_MODEL: Final = re.compile(r"\bModel: {0,3}([^,\n]{1,120})")
_VERSION: Final = re.compile(r"\bVersion: {0,3}([^,\n]{1,60})")


def _a1111(fields: Mapping[str, str]) -> Mark | None:
    for key in ("parameters", "EXIF UserComment", "comment", "Comment", "EXIF ImageDescription"):
        text = fields.get(key, "")
        if _STEPS.search(text) and _SEED.search(text) and _GUIDANCE.search(text):
            model, version = _MODEL.search(text), _VERSION.search(text)
            named = version.group(1).strip() if version else ""
            tool = named if re.match(r"[a-zA-Z]{3}", named) else "AUTOMATIC1111 web UI"
            return Mark(tool, (model.group(1).strip() or None) if model else None, fact(_place(key), text))
    return None


def _comfyui(fields: Mapping[str, str]) -> Mark | None:
    for key in ("prompt", "workflow", "EXIF UserComment", "comment"):
        for graph in _graphs(fields.get(key, "")):
            nodes = list(_nodes(graph))
            if nodes:
                text = ", ".join(dict.fromkeys(kind for kind, _ in nodes))
                declares = any(_generates(kind) for kind, _ in nodes)
                return Mark("ComfyUI", _checkpoint(nodes), fact(f"{_place(key)} nodes", text), declares)
    return None


# Matched against a node's kind as words ("KSamplerAdvanced": "k sampler advanced"), so that "ImageNormalize" is no
# "imagen" and "ImageResampler" no sampler. A node that resizes, masks or reads a text is none of these.
_GENERATING: Final = re.compile(
    r"\b(k|video|flux|sd|sdxl|wan|hunyuan|diffusion|tiled) ?sampler\b(?! select)|\bsampler ?custom\b"
    r"|\b(checkpoint|unet|diffusion ?model)\b.{0,20}\bloader\b|\btext ?to ?image\b|\b(txt|img) ?2 ?img\b"
    r"|\bdall ?e\b|gpt ?image\b|\bflux ?(\d|pro|dev|schnell|kontext|ultra|fill)\b|\bideogram\b"
    r"|\brecraft ?(text|image to|replace|image inpainting)\b|\bimagen ?\d|\bgoogle ?imagen\b"
    r"|\bgemini ?\d* ?image\b|\bstability ?(ai )?(stable ?)?image\b|\bstable ?diffusion\b"
)
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _generates(kind: str) -> bool:
    """True where `kind` is a node that generates a picture, or that loads the model for it."""
    return _GENERATING.search(" ".join(_WORD.findall(kind[:200])).lower()) is not None


def _graphs(text: str) -> Iterator[dict[str, Any]]:
    """The JSON object of a field, and the ones within it that ComfyUI's savers nest ("prompt", "workflow")."""
    outer = _json(text)
    if outer is not None:
        yield outer
        for key in ("prompt", "workflow"):
            inner = outer.get(key)
            if isinstance(inner, str):
                inner = _json(inner)
            if isinstance(inner, dict):
                yield inner


def _nodes(graph: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Kind and inputs of every node, in the API form {id: {class_type, inputs}} or the editor's {nodes, links}."""
    listed = graph.get("nodes")
    if isinstance(listed, list) and "links" in graph:
        for node in listed:
            if isinstance(node, dict) and isinstance(node.get("type"), str):
                yield node["type"], node.get("widgets_values")
        return
    for node in graph.values():
        if isinstance(node, dict) and isinstance(node.get("class_type"), str) and "inputs" in node:
            yield node["class_type"], node["inputs"]


def _checkpoint(nodes: list[tuple[str, Any]]) -> str | None:
    for _, inputs in nodes:
        values = inputs.values() if isinstance(inputs, dict) else inputs if isinstance(inputs, list) else ()
        for value in values:
            if isinstance(value, str) and value.lower().endswith((".safetensors", ".ckpt", ".gguf", ".sft")):
                return value[:200]
    return None


def _invokeai(fields: Mapping[str, str]) -> Mark | None:
    for key in ("invokeai_metadata", "sd-metadata", "invokeai_graph"):
        data = _json(fields.get(key, ""))
        if data is not None and {"positive_prompt", "model", "image", "nodes", "app_version", "seed"} & data.keys():
            return Mark("InvokeAI", _model_name(data), fact(_place(key), fields[key]))
    dream = fields.get("Dream", "")
    if re.search(r" -[sSCWHA] ?\S", dream[:20_000]):
        return Mark("InvokeAI", None, fact("PNG Dream", dream))
    return None


def _model_name(data: dict[str, Any]) -> str | None:
    model = data.get("model") or data.get("model_weights") or data.get("base_model")
    if isinstance(model, dict):
        model = model.get("model_name") or model.get("name")
    return model[:200] if isinstance(model, str) else None


def _fooocus(fields: Mapping[str, str]) -> Mark | None:
    for key in ("parameters", "EXIF UserComment", "comment", "Comment"):
        data = _json(fields.get(key, ""))
        known = {"base_model", "performance", "metadata_scheme", "base_model_hash", "refiner_model", "styles"}
        if data is not None and len(known & data.keys()) >= 2:
            return Mark("Fooocus", _model_name(data), fact(_place(key), fields[key]))
    return None


def _swarmui(fields: Mapping[str, str]) -> Mark | None:
    for key in ("parameters", "EXIF UserComment"):
        data = _json(fields.get(key, ""))
        params = data.get("sui_image_params") if data else None
        if isinstance(params, dict):
            return Mark("SwarmUI", _model_name(params), fact(_place(key), fields[key]))
    return None


def _novelai(fields: Mapping[str, str]) -> Mark | None:
    data = _json(fields.get("Comment", "")) or {}
    source = fields.get("Source", "")
    named = fields.get("Software") == "NovelAI" or (source.startswith("NovelAI Diffusion") and bool(ai_tool_in(source)))
    if {"uc", "sampler", "scale"} <= data.keys() or "signed_hash" in data or (named and "Description" in fields):
        return Mark(
            "NovelAI", source or None, fact("PNG Comment", fields.get("Comment", fields.get("Description", "")))
        )
    return None


_JOB: Final = re.compile(r"\bJob ID: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?P<last>\s*$)?")
_FLAGS: Final = re.compile(r" --(v|niji|ar|stylize|style|chaos|q|seed|sref|profile|personalize|raw|weird) ?\S")


def _midjourney(fields: Mapping[str, str]) -> Mark | None:
    for key in ("Description", "EXIF ImageDescription", "XMP description", "IPTC caption", "comment", "Comment"):
        text = fields.get(key, "")
        job = _JOB.search(text[-20_000:])
        if job and (job["last"] is not None or len(_FLAGS.findall(text[:20_000])) >= 2):
            return Mark("Midjourney", None, fact(_place(key), text))
    return None


def _named(fields: Mapping[str, str]) -> Mark | None:
    """DALL·E and others that only name themselves: the name is the whole value, see `ai_tool_in`."""
    for key in ("Software", "software", "Creator", "Generator", "generator", "Comment", "comment", "Source"):
        text = fields.get(key, "")
        tool = ai_tool_in(text)
        if tool is not None:
            return Mark(tool.name, None, fact(_place(key), text))
    return None


RULES: Final = (_a1111, _comfyui, _invokeai, _fooocus, _swarmui, _novelai, _midjourney, _named)


def _place(key: str) -> str:
    return key if key.startswith(("EXIF", "XMP", "IPTC", "hidden")) else f"text chunk {key}"


def _json(text: str) -> dict[str, Any] | None:
    """The JSON object that `text` is, None for anything else. Depth is bounded by Python's own recursion limit."""
    if text.lstrip()[:1] != "{":
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
