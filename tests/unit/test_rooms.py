"""The house: a room imports the hallway and the rooms to its left, never to its right; nothing runs the lab."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "brushwork"

HALLWAY = frozenset({
    "", "verdict", "picture", "pixels", "format_facts", "text", "errors", "failures", "settings", "intake", "annotated",
    "processes", "webhooks", "csv_rows", "told", "sheet", "chance", "client", "remote", "answered", "buckets",
})  # fmt: skip
TO_TAKE_AWAY = frozenset({"look", "comparison", "report", "takeaways"})
# Each room with the rooms that it may import beside the hallway and itself.
MAY_IMPORT: dict[str, frozenset[str]] = {
    "provenance": frozenset(),
    "forensics": frozenset(),
    "look": frozenset({"provenance"}),
    "weighing": frozenset({"provenance", "forensics"}),
    "examine": frozenset({"provenance", "forensics", "weighing"}),
    "workers": frozenset({"provenance", "forensics", "weighing", "examine"}),
    "comparison": frozenset({"forensics", "weighing", "examine", "look"}),
    "report": frozenset({"forensics", "weighing", "examine"}),
    "takeaways": frozenset({"examine", "workers", "look", "comparison", "report"}),
    "store": frozenset({"provenance", "forensics", "weighing", "examine", "workers"}),
    "service": frozenset({"provenance", "forensics", "weighing", "examine", "workers", "store"}) | TO_TAKE_AWAY,
    "cli": frozenset({"provenance", "forensics", "weighing", "examine", "workers", "store", "service", "lab"})
    | TO_TAKE_AWAY,
    "lab": frozenset({"forensics", "store"}),
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def _room(dotted: str) -> str:
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 else ""


def _runs_later(node: ast.AST) -> bool:
    """True for functions, and for what only a type checker reads."""
    for_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return for_types or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _imports(path: Path) -> list[tuple[str, bool]]:
    """Every brushwork module that `path` imports, and whether it does so when it is itself imported."""
    dotted = ["brushwork", *path.relative_to(PACKAGE).with_suffix("").parts]
    package = dotted[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lazy = {id(n) for block in ast.walk(tree) if _runs_later(block) for n in ast.walk(block)}
    found: list[tuple[str, bool]] = []
    for node in ast.walk(tree):
        at_once = id(node) not in lazy
        if isinstance(node, ast.Import):
            found += [(a.name, at_once) for a in node.names if a.name.split(".")[0] == "brushwork"]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "brushwork":
                found += [(f"brushwork.{a.name}", at_once) for a in node.names]
            elif module.startswith("brushwork."):
                found.append((module, at_once))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_to_its_left(path: Path) -> None:
    room = _room(".".join(["brushwork", *path.relative_to(PACKAGE).with_suffix("").parts]))
    if room in ("__init__", "__main__"):
        return
    for module, at_once in _imports(path):
        target = _room(module)
        if target in HALLWAY or target == room or target.startswith("_"):
            continue
        assert room not in HALLWAY, f"the hallway ({path.name}) imports the room {target}"
        assert target in MAY_IMPORT[room], f"{room} imports {target}, which lies to its right"
        assert not (target == "lab" and at_once), f"{path.name} imports the lab when it is imported itself"


def test_every_module_has_a_room() -> None:
    rooms = {_room(".".join(["brushwork", *p.relative_to(PACKAGE).with_suffix("").parts])) for p in MODULES}
    assert rooms - {"__init__", "__main__"} <= HALLWAY | set(MAY_IMPORT)


def _loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(' '.join(m.split('.')[0] for m in sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_the_package_loads_neither_the_model_runtime_nor_c2pa() -> None:
    assert not _loaded_after("import brushwork") & {"onnxruntime", "c2pa", "torch", "numpy", "PIL", "pydantic"}


def test_examining_never_loads_torch() -> None:
    loaded = _loaded_after("import brushwork.examine, brushwork.service.app, brushwork.cli")
    assert not loaded & {"torch", "timm", "lightning", "sklearn", "matplotlib"}
