"""The reference of the API as a page from our own origin, without a script: drawn from the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .page import Shell, render
from .problems import KINDS, Kind


@dataclass(frozen=True)
class Operation:
    """One method of one path, as the reference shows it."""

    method: str
    path: str
    summary: str
    words: tuple[str, ...]
    parameters: tuple[tuple[str, str, str], ...]
    example: str
    answers: tuple[tuple[str, str, str], ...]


def reference_page(shell: Shell, document: Mapping[str, Any]) -> str:
    """The whole reference: every operation of `document`, every schema, every kind of problem."""
    return render(
        "reference.html",
        shell,
        version=document["info"]["version"],
        operations=tuple(_operations(document)),
        schemas=tuple(_schemas(document)),
        kinds=KINDS,
    )


def problem_kind_page(shell: Shell, kind: Kind) -> str:
    """What one kind of problem means."""
    return render("problem_kind.html", shell, kind=kind)


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            yield Operation(
                method=method.upper(),
                path=path,
                summary=said["summary"],
                words=tuple(said.get("description", "").split("\n\n")),
                parameters=tuple(
                    (p["name"], type_words(p["schema"]), p.get("description", "")) for p in said.get("parameters", ())
                ),
                example=example(method, path, said, document["components"]["schemas"]),
                answers=tuple(_answers(said["responses"])),
            )


def _answers(responses: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for status, said in responses.items():
        shapes = said.get("content", {"": {}})
        for media_type, shape in shapes.items():
            yield status, media_type, type_words(shape.get("schema", {}))


def _schemas(document: Mapping[str, Any]) -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    for name, said in sorted(document["components"]["schemas"].items()):
        fields = tuple((field, type_words(shape)) for field, shape in said.get("properties", {}).items())
        values = tuple((str(value), "") for value in said.get("enum", ()))
        yield name, said.get("description", ""), fields or values


def example(method: str, path: str, said: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> str:
    """A curl line for a service at its default address; a name in the path is a variable of the shell.

    A body in JSON is made of the examples of its shape, which `schemas` has by name; so are parameters that must be.
    """
    words = ["curl", "-sS"]
    if method != "get":
        words += ["-X", method.upper()]
    words += _body(said.get("requestBody", {}).get("content", {}), schemas or {})
    if "image/png" in said["responses"].get("200", {}).get("content", {}):
        words += ["-o", "annotated.png"]
    wanted = (p for p in said.get("parameters", ()) if p["in"] == "query" and p.get("required"))
    query = "&".join(f"{p['name']}={_example_of(p['schema'])}" for p in wanted)
    address = "http://127.0.0.1:8000" + path.replace("{", "$").replace("}", "")
    return " ".join([*words, f'"{address}?{query}"' if query else address])


def _body(content: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[str]:
    """The words that send a body: a form where pictures are enough for it, else JSON."""
    form = content.get("multipart/form-data", {}).get("schema", {})
    files = {name: shape for name, shape in form.get("properties", {}).items() if _is_file(shape)}
    shape = content.get("application/json", {}).get("schema", {})
    shape = schemas.get(str(shape.get("$ref", "")).rpartition("/")[2], shape)
    if files and set(form.get("required", ())) <= set(files):
        return [f"-F {part}=@picture.jpg" for part in files for _ in range(2 if files[part].get("items") else 1)]
    if not shape:
        return []
    given = {name: _example_of(field) for name, field in shape.get("properties", {}).items() if "examples" in field}
    return ["-H 'Content-Type: application/json'", f"-d '{json.dumps(given)}'"]


def _is_file(shape: Mapping[str, Any]) -> bool:
    return bool(shape.get("items", shape).get("format") == "binary")


def _example_of(shape: Mapping[str, Any]) -> Any:
    return shape["examples"][0] if "examples" in shape else shape.get("const", "")


def type_words(shape: Mapping[str, Any]) -> str:
    """The type of a JSON schema in a few words, e.g. "list of Evidence" or "number or null"."""
    if "$ref" in shape:
        return str(shape["$ref"]).rpartition("/")[2]
    if "anyOf" in shape:
        return " or ".join(type_words(part) for part in shape["anyOf"])
    if shape.get("type") == "array":
        return f"list of {type_words(shape.get('items', {}))}"
    if "enum" in shape or "const" in shape:
        return " | ".join(str(value) for value in shape.get("enum", [shape.get("const")]))
    return str(shape.get("type", "any"))
