"""PostgreSQL goes away under load and comes back: clear answers meanwhile, nothing lost, no help needed."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from brushwork.store.migrate import upgrade
from tests.made.postgres import cluster

from .load import under_load
from .process import free_port, served, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.needs_initdb]
AWAY_S = 3.0


def test_postgres_stopped_under_load_costs_clear_refusals_and_no_accepted_picture(
    tmp_path: Path, painting: bytes
) -> None:
    with cluster(free_port()) as postgres:
        upgrade(postgres.url)
        with served(tmp_path, database_url=postgres.url, workers=2) as service:
            files = [("images", (f"{number}.png", painting)) for number in range(60)]
            batch = httpx.post(f"{service.url}/v1/batches?save=true", files=files, timeout=60).json()
            with under_load(service.url, painting, clients=3, query="?save=true") as load:
                wait_for(lambda: load.statuses[200] >= 3)
                postgres.stop()
                assert httpx.get(f"{service.url}/livez", timeout=120).status_code == 200
                wait_for(lambda: load.statuses[503] >= 3)
                assert httpx.get(f"{service.url}/readyz", timeout=60).status_code == 503
                time.sleep(AWAY_S)
                postgres.start()
                answered = load.statuses[200]
                wait_for(lambda: load.statuses[200] >= answered + 3)  # by itself
            assert load.broken == []
            assert set(load.statuses) == {200, 503}
            assert set(load.problems) == {"store-not-ready"}
            assert load.unpaused == 0
            wait_for(lambda: httpx.get(f"{service.url}/readyz", timeout=120).status_code == 200)
            for verdict in load.saved:
                assert httpx.get(f"{service.url}/v1/verdicts/{verdict}", timeout=120).status_code == 200
            status = f"{service.url}{batch['status_url']}"
            wait_for(lambda: httpx.get(status, timeout=120).json()["state"] == "done")
            assert httpx.get(status, timeout=120).json()["counts"]["done"] == 60
