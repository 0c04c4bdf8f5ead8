"""PostgreSQL goes away or hangs under load and comes back: clear answers meanwhile, nothing lost, no help needed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError, OperationalError

from brushwork.errors import StoreError
from brushwork.store.database import Database
from brushwork.store.migrate import upgrade
from brushwork.store.patience import Outage, is_away
from tests.made.ports import free_port
from tests.made.postgres import Cluster, cluster

from .door import image
from .load import under_load
from .process import served, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.needs_initdb]
AWAY_S = 3.0


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with cluster(free_port()) as running:
        upgrade(running.url)
        yield running


def test_postgres_stopped_under_load_costs_clear_refusals_and_no_accepted_picture(
    tmp_path: Path, postgres: Cluster, painting: bytes
) -> None:
    with served(tmp_path, database_url=postgres.url, workers=2) as service:
        files = [("images", (f"{number}.png", painting)) for number in range(24)]
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
        assert httpx.get(status, timeout=120).json()["counts"]["done"] == 24


def test_postgres_that_hangs_costs_clear_refusals_that_come_soon(
    tmp_path: Path, postgres: Cluster, painting: bytes
) -> None:
    with served(tmp_path, database_url=postgres.url, workers=2, database_timeout=1) as service:
        with under_load(service.url, painting, clients=8, query="?save=true") as load:
            wait_for(lambda: load.statuses[200] >= 3)
            postgres.hang()
            try:
                wait_for(lambda: load.statuses[503] >= 8)
                assert httpx.get(f"{service.url}/livez", timeout=5).status_code == 200
                asked = time.monotonic()
                assert httpx.get(f"{service.url}/readyz", timeout=30).status_code == 503
                assert httpx.post(f"{service.url}/v1/verdicts", files=image(painting)).status_code == 200
                assert time.monotonic() - asked < 20
            finally:
                postgres.wake()
            answered = load.statuses[200]
            wait_for(lambda: load.statuses[200] >= answered + 3)  # by itself
        assert load.broken == []
        assert set(load.problems) == {"store-not-ready"}
        assert load.unpaused == 0
        for verdict in load.saved:
            assert httpx.get(f"{service.url}/v1/verdicts/{verdict}", timeout=120).status_code == 200


def test_a_statement_that_takes_too_long_is_given_up_by_the_server(postgres: Cluster) -> None:
    database = Database(postgres.url, statement_s=0.2)
    with pytest.raises(StoreError, match="The database could not wait"), database.session("wait") as session:
        session.execute(text("SELECT pg_sleep(60)"))
    assert database.state() == "ok"  # a slow statement is no outage
    database.close()


def test_while_it_is_away_one_finds_out_and_the_others_are_told_at_once() -> None:
    outage = Outage()
    away = OperationalError("SELECT 1", None, psycopg.OperationalError("the server did not answer in time"))
    with pytest.raises(OperationalError), outage.watched("read"):
        raise away
    with pytest.raises(OperationalError), outage.watched("read"):  # the trial
        with pytest.raises(StoreError, match="The database could not save"), outage.watched("save"):
            pytest.fail("a second one waits too")
        raise away
    with pytest.raises(LookupError), outage.watched("read"):  # it answered, whatever was found
        raise LookupError
    with outage.watched("read"), outage.watched("save"):
        pass
    refused = DataError("SELECT 1", None, psycopg.DataError("out of range"))
    assert is_away(away) and not is_away(refused)
