"""A server that speaks S3, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from brushwork.buckets import S3Access


@contextmanager
def bucket_called(name: str) -> Iterator[S3Access]:
    """A running server with one bucket."""
    moto = pytest.importorskip("moto.server")
    from minio import Minio

    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    Minio(f"{host}:{port}", "key", "secret", secure=False, region="us-east-1").make_bucket(name)
    yield S3Access(f"http://{host}:{port}", "us-east-1", "key", "secret")
    server.stop()
