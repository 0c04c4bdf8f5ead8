"""Sign pictures with Content Credentials, as cameras, editors and generators do."""

from __future__ import annotations

import io
from typing import Any, Final

import c2pa

from .certificates import Authority, authority

IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MEDIA_TYPES: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "TIFF": "image/tiff"}


def action(label: str = "created", source_type: str | None = None, agent: str | None = None) -> dict[str, Any]:
    """One action. `source_type` is a term of the IPTC vocabulary or a whole URI."""
    made: dict[str, Any] = {"action": f"c2pa.{label}"}
    if source_type is not None:
        made["digitalSourceType"] = source_type if ":" in source_type else f"{IPTC}{source_type}"
    if agent is not None:
        made["softwareAgent"] = {"name": agent}
    return made


def signed(
    data: bytes,
    picture_format: str = "PNG",
    *,
    actions: tuple[dict[str, Any], ...] = (),
    ingredients: tuple[tuple[bytes, str], ...] = (),
    generator: str = "Brushwork Test Maker",
    signer: Authority | None = None,
    remote_url: str | None = None,
    extra_assertions: tuple[dict[str, Any], ...] = (),
    claim_version: int = 2,
) -> bytes:
    """`data` with a manifest. `ingredients` are (file, relationship); `opened` and `placed` actions for them are made
    by the library. With `remote_url` the manifest is not put into the file: the file only names where it would lie.
    A manifest without actions is possible here, as early ChatGPT files have it."""
    by = signer or authority()
    media_type = MEDIA_TYPES[picture_format]
    definition = {
        "claim_version": claim_version,
        "claim_generator_info": [{"name": generator, "version": "1.0"}],
        "title": "made by code",
        "format": media_type,
        "assertions": [
            *([{"label": "c2pa.actions.v2", "data": {"actions": list(actions)}}] if actions else []),
            *extra_assertions,
        ],
    }
    output = io.BytesIO()
    with c2pa.Context(c2pa.Settings.from_dict(_settings(bool(actions)))) as context:
        builder = c2pa.Builder(definition, context)
        for part, relationship in ingredients:
            builder.add_ingredient(
                {"title": "part", "relationship": relationship}, MEDIA_TYPES[_format_of(part)], io.BytesIO(part)
            )
        if remote_url is not None:
            builder.set_remote_url(remote_url)
            builder.set_no_embed()
        info = c2pa.C2paSignerInfo(b"es256", by.chain_pem.encode(), by.key_pem.encode(), None)
        builder.sign(c2pa.Signer.from_info(info), media_type, io.BytesIO(data), output)
    return output.getvalue()


def _settings(automatic: bool) -> dict[str, Any]:
    """No network, no thumbnails; automatic actions only where the manifest has any."""
    auto = {"enabled": automatic}
    return {
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
        "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
        "builder": {
            "thumbnail": {"enabled": False},
            "actions": {
                "auto_created_action": {"enabled": False},
                "auto_opened_action": auto,
                "auto_placed_action": auto,
            },
        },
    }


def _format_of(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "PNG"
    return "JPEG" if data.startswith(b"\xff\xd8") else "WEBP" if data[8:12] == b"WEBP" else "TIFF"
