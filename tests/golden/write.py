"""Write the golden verdicts again: `make golden`. Read the difference before you commit it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from brushwork import Examiner
from tests.made.examples import EXAMPLES, write

from .doors import ENCODED, by_path

EXPECTED = Path(__file__).parent / "expected"


def main() -> None:
    examiner = Examiner.from_bundle("default")
    EXPECTED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        for example in EXAMPLES:
            answer = json.loads(by_path(examiner, Path(folder) / example.name))
            for key in ENCODED:
                del answer["input"][key]
            text = json.dumps(answer, ensure_ascii=False, indent=1)
            (EXPECTED / f"{example.name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
