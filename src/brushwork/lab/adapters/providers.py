"""Image interfaces that make pictures of prompts. None is asked unless it is named, and its key is given."""

from __future__ import annotations

import base64
import binascii
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, Protocol

import httpx

from ...errors import LabError

TRIES: Final = 4
LONGEST_PAUSE_S: Final = 60.0
TIME_OUT_S: Final = 180.0
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
Fetch = Callable[[str], bytes]


@dataclass(frozen=True)
class Order:
    """One picture to be made. `size` as the provider writes it."""

    prompt: str
    model: str
    size: str


@dataclass(frozen=True)
class Road:
    """How a provider is reached: its address, its key, how addresses in its answers are fetched, and how to wait."""

    base_url: str
    key: str
    fetch: Fetch
    wait: Callable[[float], None] = time.sleep


class Make(Protocol):
    """Makes one picture, the bytes of a file. Raises LabError where the provider refuses or cannot be reached."""

    def __call__(self, order: Order, road: Road) -> bytes:
        """The bytes of the picture."""


@dataclass(frozen=True)
class Provider:
    """One kind of interface: its name, its usual address, the variable of its key, and how it makes a picture."""

    name: str
    base_url: str
    key_variable: str
    make: Make


def openai_compatible(order: Order, road: Road) -> bytes:
    """POST /images/generations, as OpenAI's interface and many servers beside it have it."""
    body = {"model": order.model, "prompt": order.prompt, "n": 1, "size": order.size}
    answer = _asked(f"{road.base_url.rstrip('/')}/images/generations", body, road)
    try:
        first = answer.json()["data"][0]
        if first.get("b64_json"):
            return base64.b64decode(first["b64_json"], validate=True)
        return road.fetch(first["url"])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, binascii.Error) as error:
        raise LabError(
            "The image interface answered without a picture.", "Look whether --model and --base-url go together."
        ) from error


def _asked(url: str, body: dict[str, Any], road: Road) -> httpx.Response:
    """The good answer, after some patience with a busy server."""
    said = ""
    with httpx.Client(timeout=TIME_OUT_S, headers={"Authorization": f"Bearer {road.key}"}) as client:
        for attempt in range(TRIES):
            try:
                answer = client.post(url, json=body)
            except httpx.HTTPError as error:
                said = f"gives no answer ({type(error).__name__})"
                pause = 2.0**attempt
            else:
                if answer.is_success:
                    return answer
                said = f"says {answer.status_code}: {_reason(answer)}"
                if answer.status_code not in _AGAIN:
                    break
                pause = _asked_pause(answer, 2.0**attempt)
            if attempt < TRIES - 1:
                road.wait(min(pause, LONGEST_PAUSE_S))
    raise LabError(f"The image interface {url} {said}.", "Check key, model and prompt; started again, it goes on.")


def _asked_pause(answer: httpx.Response, otherwise: float) -> float:
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isascii() and said.isdigit() else otherwise


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])[:300]
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase


PROVIDERS: Final[tuple[Provider, ...]] = (
    Provider("openai", "https://api.openai.com/v1", "OPENAI_API_KEY", openai_compatible),
)


def provider(name: str) -> Provider:
    """The provider of that name. Raises LabError that names the nearest."""
    found = next((p for p in PROVIDERS if p.name == name), None)
    if found is None:
        known = [p.name for p in PROVIDERS]
        near = get_close_matches(name, known, n=3, cutoff=0.0)
        raise LabError(f"There is no provider {name!r}.", f"The nearest is {', '.join(near)}.")
    return found


def key_from(variable: str) -> str:
    """The key in an environment variable. Raises LabError where there is none."""
    key = os.environ.get(variable, "")
    if not key:
        raise LabError(f"The environment variable {variable} holds no key.", f"Set it: export {variable}=...")
    return key
