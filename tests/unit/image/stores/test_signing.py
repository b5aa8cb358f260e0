"""Signatures of requests to S3 are those that botocore makes."""

from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pileus.image.stores.signing import NOTHING, query_of, signed

NOW = datetime(2026, 11, 25, 12, 30, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "path", "parameters"),
    [
        ("GET", "/images", {"list-type": "2", "continuation-token": "a+b/c= d"}),
        ("PUT", "/images/abc", {"partNumber": "12", "uploadId": "x~y-z_.%"}),
        ("POST", "/images/a%20b", {"uploads": ""}),
        ("HEAD", "/images", {}),
    ],
)
def test_signatures_are_botocores(monkeypatch, method, path, parameters):
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_a, **_k: NOW.replace(tzinfo=None))
    query = query_of(parameters)
    url = f"http://s3.cloud:5000{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method=method, url=url, headers={"X-Amz-Content-SHA256": NOTHING}, data=b"")
    request.context["payload_signing_enabled"] = True
    S3SigV4Auth(Credentials("AK", "SK"), "s3", "RegionOne").add_auth(request)
    ours = signed(method, url, {}, digest=NOTHING, access_key="AK", secret="SK", region="RegionOne", now=NOW)
    assert ours["X-Amz-Date"] == request.headers["X-Amz-Date"]
    assert ours["Authorization"] == request.headers["Authorization"]
