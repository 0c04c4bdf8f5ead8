"""What a chain of C2PA manifests says of the picture. Pure reading of the report of the C2PA library, no I/O.

One manifest is signed at each step; the active one is the last. It may continue a parent (`parentOf`), have other
pictures placed in it (`componentOf`) or be fed by them (`inputTo`, such as a prompt's reference pictures: these tell
nothing about the result). The rules, in order, for one manifest and then for the chain:

1. An action with the source type trainedAlgorithmicMedia that created the picture, or that stands in a manifest without
   a parent: wholly AI. Without a source type (early Bing and Designer) a known AI `softwareAgent` says the same.
2. The same on an edit of a parent: wholly AI where the parent is (Gemini marks its own picture), else partly.
3. compositeWithTrainedAlgorithmicMedia or compositeSynthetic: partly, wholly where the parent is wholly AI.
4. A wholly AI parent that was only opened, converted, cropped, watermarked or otherwise handled stays wholly AI. After
   any other edit it is partly AI. A partly AI parent stays partly AI.
5. A manifest that lists no action of its own and has one ingredient says what that ingredient says (ChatGPT, 2024-25).
6. An AI picture placed in another one: partly AI.
7. A capture is a `created` action with a capture source type, through parents that were only handled. Edited by a
   person since, it is a human edit. Where anything without credentials of its own came in, nothing is claimed. Edits
   by a person without a capture at the root claim nothing either: they do not say what the picture was before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ..verdict import Claim
from .vocabulary import Origin, SourceType, ai_tool_in, source_type_of

MAX_DEPTH: Final = 64
"""Manifests walked from the active one; a longer chain claims nothing beyond this point."""

# Steps that leave what the picture shows as it is.
HANDLING: Final = frozenset({
    "c2pa.opened", "c2pa.converted", "c2pa.transcoded", "c2pa.repackaged", "c2pa.published", "c2pa.resized",
    "c2pa.resized.proportional", "c2pa.cropped", "c2pa.orientation", "c2pa.color_adjustments", "c2pa.adjustedColor",
    "c2pa.watermarked", "c2pa.watermarked.bound", "c2pa.watermarked.unbound", "c2pa.edited.metadata", "c2pa.redacted",
    "c2pa.created", "c2pa.managed", "c2pa.saved", "c2pa.printed", "c2pa.produced", "c2pa.version_updated",
})  # fmt: skip


@dataclass(frozen=True)
class Action:
    """One action: its label, the program that did it, its source type as written and as known."""

    label: str
    agent: str
    raw_type: str
    source: SourceType | None

    @property
    def creates(self) -> bool:
        """True where the action made the picture."""
        return self.label == "c2pa.created"

    @property
    def origin(self) -> Origin | None:
        """What the action declares: by its source type, or by its known AI agent where it has none."""
        if self.source is not None:
            return self.source.origin
        if self.raw_type or ai_tool_in(self.agent) is None:
            return None
        return Origin.AI if self.creates else Origin.PARTLY_AI


@dataclass(frozen=True)
class Manifest:
    """One manifest of the store: who made it, with which actions, out of which ingredients."""

    label: str
    generator: str
    issuer: str
    actions: tuple[Action, ...]
    parents: tuple[str | None, ...] = ()
    components: tuple[str | None, ...] = ()
    recorded: tuple[str, ...] = ()
    """Validation codes that the signer noted of its ingredients."""


@dataclass(frozen=True)
class Reading:
    """What the chain says, the manifests that it rests on, active first, and the tool that it names."""

    claim: Claim
    tool: str | None = None
    basis: tuple[Manifest, ...] = field(default=())


def manifests_of(report: dict[str, Any]) -> dict[str, Manifest]:
    """The manifests of a report by label. What does not have the documented shape is left out."""
    return {
        label: _manifest(label, body)
        for label, body in _dict(report.get("manifests")).items()
        if isinstance(body, dict)
    }


def read_chain(store: dict[str, Manifest], active: str) -> Reading:
    """What `store` says of the picture whose active manifest has the label `active`."""
    return _Walk(store).reading(active, 0)


class _Walk:
    """One walk over a store; each manifest is read once, and one that contains itself claims nothing."""

    def __init__(self, store: dict[str, Manifest]) -> None:
        self._store = store
        self._known: dict[str, Reading] = {}

    def reading(self, label: str | None, depth: int) -> Reading:
        manifest = self._store.get(label or "")
        if manifest is None or label is None or depth > MAX_DEPTH:
            return Reading(Claim.NOT_STATED)
        if label not in self._known:
            self._known[label] = Reading(Claim.NOT_STATED)
            self._known[label] = self._read(manifest, depth)
        return self._known[label]

    def _read(self, manifest: Manifest, depth: int) -> Reading:
        parents = [self.reading(parent, depth + 1) for parent in manifest.parents]
        parts = [self.reading(part, depth + 1) for part in manifest.components]
        own = _own_ai(manifest, [p.claim for p in parents])
        if own is not None:
            backing = parents if own is Claim.WHOLLY_AI and not _declares_whole(manifest) else []
            return _rest_on(manifest, own, backing)
        if not manifest.actions and len(parents) + len(parts) == 1:
            only = (*parents, *parts)[0]
            return _rest_on(manifest, only.claim, [only])
        return _inherited(manifest, parents, parts)


def _own_ai(manifest: Manifest, parents: list[Claim]) -> Claim | None:
    """Rules 1 to 3: what the manifest's own actions declare of AI, None where they declare nothing."""
    origins = [a.origin for a in manifest.actions]
    if _declares_whole(manifest):
        return Claim.WHOLLY_AI
    if Origin.AI in origins or Origin.PARTLY_AI in origins:
        whole = bool(parents) and all(claim is Claim.WHOLLY_AI for claim in parents)
        return Claim.WHOLLY_AI if whole else Claim.PARTLY_AI
    return None


def _declares_whole(manifest: Manifest) -> bool:
    continues = bool(manifest.parents) or any(a.label == "c2pa.opened" for a in manifest.actions)
    return any(a.origin is Origin.AI and (a.creates or not continues) for a in manifest.actions)


def _inherited(manifest: Manifest, parents: list[Reading], parts: list[Reading]) -> Reading:
    """Rules 4, 6 and 7: what follows from the ingredients."""
    handled = all(a.label in HANDLING for a in manifest.actions) and not manifest.components
    whole = [r for r in parents if r.claim is Claim.WHOLLY_AI]
    if whole and handled:
        return _rest_on(manifest, Claim.WHOLLY_AI, whole)
    ai = [r for r in (*parents, *parts) if r.claim in (Claim.WHOLLY_AI, Claim.PARTLY_AI)]
    if ai:
        return _rest_on(manifest, Claim.PARTLY_AI, ai)
    return _captured(manifest, parents, parts, handled)


def _captured(manifest: Manifest, parents: list[Reading], parts: list[Reading], handled: bool) -> Reading:
    """Rule 7. Everything that came in must itself be a capture or an edit of one."""
    camera = (Claim.CAPTURE, Claim.HUMAN_EDIT)
    if any(r.claim not in camera for r in (*parents, *parts)):
        return Reading(Claim.NOT_STATED, basis=(manifest,))
    created = any(a.creates and a.origin is Origin.CAPTURE for a in manifest.actions)
    others = any(a.creates and a.origin is not Origin.CAPTURE for a in manifest.actions)
    if others or not (created or parents):
        return Reading(Claim.NOT_STATED, basis=(manifest,))
    untouched = handled and all(r.claim is Claim.CAPTURE for r in parents)
    return _rest_on(manifest, Claim.CAPTURE if untouched else Claim.HUMAN_EDIT, [*parents, *parts])


def _rest_on(manifest: Manifest, claim: Claim, backing: list[Reading]) -> Reading:
    tool = _ai_agent(manifest) or next((r.tool for r in backing if r.tool), None)
    basis = {m.label: m for m in (manifest, *(m for r in backing for m in r.basis))}
    return Reading(claim, tool, tuple(basis.values()))


def _ai_agent(manifest: Manifest) -> str | None:
    """The program named for an AI action, in the file's own words; the claim generator where the action names none."""
    for action in manifest.actions:
        if action.origin in (Origin.AI, Origin.PARTLY_AI):
            return action.agent or manifest.generator or None
    return None


def _manifest(label: str, body: dict[str, Any]) -> Manifest:
    ingredients = [i for i in _list(body.get("ingredients")) if isinstance(i, dict)]
    return Manifest(
        label=label,
        generator=_generator(body),
        issuer=_text(_dict(body.get("signature_info")).get("issuer")),
        actions=tuple(_actions(body)),
        parents=tuple(_label(i) for i in ingredients if i.get("relationship") == "parentOf"),
        components=tuple(_label(i) for i in ingredients if i.get("relationship") == "componentOf"),
        recorded=tuple(code for i in ingredients for code in _recorded(i)),
    )


def _generator(body: dict[str, Any]) -> str:
    info = _list(body.get("claim_generator_info"))
    named = _dict(info[0]) if info else {}
    if named.get("name"):
        return f"{_text(named.get('name'))} {_text(named.get('version'))}".strip()
    return _text(body.get("claim_generator"))


def _actions(body: dict[str, Any]) -> Iterator[Action]:
    for assertion in _list(body.get("assertions")):
        if not _text(_dict(assertion).get("label")).startswith("c2pa.actions"):
            continue
        for action in _list(_dict(assertion.get("data")).get("actions")):
            if isinstance(action, dict):
                raw = _text(action.get("digitalSourceType"))
                yield Action(_text(action.get("action")), _agent(action), raw, source_type_of(raw))


def _agent(action: dict[str, Any]) -> str:
    agent = action.get("softwareAgent")
    if isinstance(agent, dict):
        return f"{_text(agent.get('name'))} {_text(agent.get('version'))}".strip()
    return _text(agent)


def _label(ingredient: dict[str, Any]) -> str | None:
    return _text(ingredient.get("active_manifest")) or None


def _recorded(ingredient: dict[str, Any]) -> Iterator[str]:
    for status in _list(ingredient.get("validation_status")):
        yield _text(_dict(status).get("code"))
    active = _dict(_dict(ingredient.get("validation_results")).get("activeManifest"))
    for status in _list(active.get("failure")):
        yield _text(_dict(status).get("code"))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
