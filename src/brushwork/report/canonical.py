"""JSON in one form only (RFC 8785): the same value gives the same bytes on every machine, so that it can be signed."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any, Final

_LARGEST: Final = 2**53
_PLAIN_DIGITS: Final = 21  # ECMAScript writes longer numbers with an exponent


def canonical(value: Any) -> bytes:
    """`value`, made of what JSON knows, as UTF-8. Raises ValueError for what RFC 8785 has no form for."""
    return _written(value).encode("utf-8")


def parsed(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError where it is none, or where an object has a name twice."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_integer)
    except (RecursionError, OverflowError) as error:
        raise ValueError("it is nested too deeply, or a number is too large") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a name twice")
    return found


def _integer(digits: str) -> int | float:
    """A number of JSON is a double: beyond 2**53 the nearest one is meant."""
    value = int(digits)
    return value if abs(value) <= _LARGEST else float(value)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _written(value: Any) -> str:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: str(name).encode("utf-16-be"))
        return "{" + ",".join(f"{_text(name)}:{_written(value[name])}" for name in names) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return _number(value)
    raise ValueError(f"{type(value).__name__} has no form in JSON")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a name in an object is text")
    return json.dumps(value, ensure_ascii=False)


def _number(value: int | float) -> str:
    """As ECMAScript writes it."""
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            raise ValueError("an integer beyond 2**53 has no exact form")
        return str(value)
    if not math.isfinite(value):
        raise ValueError("JSON knows no infinity")
    if value == 0:
        return "0"
    parts = Decimal(repr(value)).normalize().as_tuple()
    digits, sign = "".join(map(str, parts.digits)), "-" * parts.sign
    point = len(digits) + int(parts.exponent)
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    if len(digits) <= point <= _PLAIN_DIGITS:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _PLAIN_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{rest}e{point - 1:+d}"
