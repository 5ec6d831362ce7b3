"""An S3 on this machine, and the way to it."""

from __future__ import annotations

import pytest

BUCKET = "lab"
KEYS = {
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def put(moto: str, name: str, data: bytes) -> None:
    """Write an object past our own file systems, as another machine does."""
    import boto3  # noqa: PLC0415 - comes with s3fs

    client = boto3.client("s3", endpoint_url=moto)
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key=name, Body=data)
    client.close()


def point_s3_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``s3://`` be this server, also for file systems that fsspec would keep."""
    import s3fs  # noqa: PLC0415

    for name, value in {**KEYS, "AWS_ENDPOINT_URL": url}.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
