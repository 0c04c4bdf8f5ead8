"""`brushwork scan URL`: giving an address is asking for it to be called, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

from tests.made.drawings import drawn, encoded
from tests.made.elsewhere import elsewhere, gives
from tests.unit.cli.conftest import Run


def test_an_address_is_fetched_and_examined_in_its_place(brushwork: Run, art: Path) -> None:
    with elsewhere() as other:
        other.replies["/a.png"] = gives(encoded(drawn("painterly", (300, 200), 1)))
        opened = {"BRUSHWORK_URL_FETCH_ALLOW": json.dumps([other.here]), "BRUSHWORK_HOST": "127.0.0.1"}
        inputs = [art / "flat.png", other.url("/a.png?size=1"), art / "tiny.jpg", other.url("/gone.png")]
        done = brushwork("scan", *inputs, "--format", "jsonl", **opened)
    assert done.returncode == 3, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["path"] for row in rows] == [str(one) for one in inputs]
    assert [row["answer"] is None for row in rows] == [False, False, False, True]
    assert rows[1]["channel"] == "command_line"
    assert rows[3]["error"]["type"] == "url-fetch-failed"
    assert other.paths == ["/a.png?size=1", "/gone.png"]


def test_sec_13_the_guard_holds_on_the_command_line_too(brushwork: Run) -> None:
    with elsewhere() as other:
        closed = brushwork("scan", other.url(), "http://localhost/a.png", "--format", "json")
        off = brushwork("scan", other.url(), "--format", "json", BRUSHWORK_URL_FETCH="false")
    assert [row["error"]["type"] for row in json.loads(closed.stdout)] == ["url-blocked", "url-blocked"]
    assert "switched off" in json.loads(off.stdout)[0]["error"]["detail"]
    assert (closed.returncode, off.returncode) == (3, 3)
    assert other.seen == []


def test_it_may_be_asked_for_where_the_service_would_not(brushwork: Run) -> None:
    with elsewhere() as other:
        other.replies["/a.png"] = gives(encoded(drawn("painterly", (300, 200), 1)))
        beyond = {"BRUSHWORK_HOST": "0.0.0.0", "BRUSHWORK_I_KNOW": "true"}
        done = brushwork("scan", other.url(), **beyond, BRUSHWORK_URL_FETCH_ALLOW=json.dumps([other.here]))
    assert done.returncode == 0, done.stderr
