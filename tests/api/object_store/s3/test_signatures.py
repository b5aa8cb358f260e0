"""Signatures that are good, and forgeries of every part of one."""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.api.object_store.s3.refusals import refused

BOMB = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Delete><Object><Key>&b;</Key></Object></Delete>'
XXE = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&a;</Key></Object></Delete>'


def signed(house, method, path, body=b"", who="alice", secret=None, region="us-east-1", **headers):
    request = AWSRequest(method=method, url=f"http://cloud{path}", data=body, headers=headers)
    S3SigV4Auth(Credentials(who, secret or house.people[who][0]), "s3", region).add_auth(request)
    return {**dict(request.headers.items()), "host": "cloud"}


def code(answer):
    return answer.content.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()


def test_version_2(house, bucket):
    old = house.client("alice", signature_version="s3")
    old.put_object(Bucket=bucket, Key="ü b", Body=b"x")
    assert old.get_object(Bucket=bucket, Key="ü b")["Body"].read() == b"x"
    url = old.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "ü b"}, ExpiresIn=60)
    assert house.ask("GET", url).content == b"x"
    assert code(house.ask("GET", url.replace("Signature=", "Signature=A"))) == "SignatureDoesNotMatch"


def test_presigned(house, bucket, forward):
    s3 = house.client("alice", signature_version="s3v4")
    url = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "o"}, ExpiresIn=60)
    assert house.ask("PUT", url, content=b"x").status_code == 200
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "o"}, ExpiresIn=60)
    assert house.ask("GET", url).content == b"x"
    assert code(house.ask("DELETE", url)) == "SignatureDoesNotMatch"
    assert code(house.ask("GET", url.replace("Expires=60", "Expires=61"))) == "SignatureDoesNotMatch"
    assert code(house.ask("GET", url.replace("Expires=60", "Expires=604801"))) == "AuthorizationQueryParametersError"
    forward(seconds=61)
    assert code(house.ask("GET", url)) == "AccessDenied"


@pytest.mark.parametrize("change", ["body", "header", "path", "query", "signature", "unsigned"])
def test_forgeries(house, bucket, change):
    path, body = f"/s3/{bucket}/o", b"good"
    headers = signed(house, "PUT", path, body, **{"x-amz-meta-a": "1"})
    expected = "SignatureDoesNotMatch"
    if change == "body":
        body, expected = b"evil", "XAmzContentSHA256Mismatch"
    elif change == "header":
        headers["x-amz-meta-a"] = "2"
    elif change == "path":
        path += "2"
    elif change == "query":
        path += "?acl"
    elif change == "signature":
        headers["Authorization"] = headers["Authorization"][:-1] + ("0" if headers["Authorization"][-1] != "0" else "1")
    else:
        headers["x-amz-acl"], expected = "public-read", "AccessDenied"
    answer = house.ask("PUT", path, headers=headers, content=body)
    assert (code(answer), answer.status_code >= 400) == (expected, True)
    assert house.ask("GET", f"/s3/{bucket}/o", headers=signed(house, "GET", f"/s3/{bucket}/o")).status_code == 404


def test_other_scopes_and_times(house, bucket, forward):
    path = f"/s3/{bucket}"
    assert house.ask("GET", path, headers=signed(house, "GET", path, region="RegionOne")).status_code == 200
    assert (
        code(house.ask("GET", path, headers=signed(house, "GET", path, region="mars")))
        == "AuthorizationHeaderMalformed"
    )
    assert code(house.ask("GET", path, headers=signed(house, "GET", path, secret="wrong"))) == "SignatureDoesNotMatch"
    headers = signed(house, "GET", path)
    forward(minutes=16)
    assert code(house.ask("GET", path, headers=headers)) == "RequestTimeTooSkewed"


def test_unknown_and_revoked_keys(house, bucket):
    with refused("InvalidAccessKeyId", 403):
        house.client("nobody").list_buckets()
    client = house.client("alice")
    kept = house.people.pop("alice")
    try:
        with refused("InvalidAccessKeyId", 403):
            client.list_objects_v2(Bucket=bucket)
    finally:
        house.people["alice"] = kept


def chunked(house, bucket, chunks, *, tamper=None):
    """A body in signed chunks, made as Amazon's documentation describes it."""
    path, now = f"/s3/{bucket}/o", datetime.now(UTC)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    payload, size = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", sum(map(len, chunks))
    names = "host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length"
    lines = f"host:cloud\nx-amz-content-sha256:{payload}\nx-amz-date:{stamp}\nx-amz-decoded-content-length:{size}\n"
    canonical = f"PUT\n{path}\n\n{lines}\n{names}\n{payload}"
    key = b"AWS4alice-secret"
    for part in (day, "us-east-1", "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    scope = f"{day}/us-east-1/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    last = seed = hmac.new(key, text.encode(), "sha256").hexdigest()
    body = b""
    for number, chunk in enumerate([*chunks, b""]):
        empty = hashlib.sha256(b"").hexdigest()
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{scope}\n{last}\n{empty}\n{hashlib.sha256(chunk).hexdigest()}"
        last = hmac.new(key, text.encode(), "sha256").hexdigest()
        sent = chunk[:-1] + b"!" if number == tamper else chunk
        body += f"{len(chunk):x};chunk-signature={last}\r\n".encode() + sent + b"\r\n"
    given = {
        "host": "cloud",
        "x-amz-content-sha256": payload,
        "x-amz-date": stamp,
        "x-amz-decoded-content-length": str(size),
        "Authorization": f"AWS4-HMAC-SHA256 Credential=alice/{scope}, SignedHeaders={names}, Signature={seed}",
    }
    return house.ask("PUT", path, headers=given, content=body)


def test_signed_chunks(house, s3, bucket):
    chunks = [b"a" * 70_000, b"b" * 70_000, b"c"]
    assert chunked(house, bucket, chunks).status_code == 200
    assert s3.get_object(Bucket=bucket, Key="o")["Body"].read() == b"".join(chunks)
    for number in range(3):
        answer = chunked(house, bucket, [b"x" * 10, b"y" * 10, b"z" * 10], tamper=number)
        assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch")
    assert s3.head_object(Bucket=bucket, Key="o")["ContentLength"] == 140_001


@pytest.mark.parametrize("body", [BOMB, XXE])
def test_entities_are_refused(house, bucket, body):
    path = f"/s3/{bucket}?delete="
    answer = house.ask("POST", path, headers=signed(house, "POST", path, body), content=body)
    assert (answer.status_code, code(answer)) == (400, "MalformedXML")


def test_forms(house, bucket):
    s3 = house.client("alice", signature_version="s3v4")
    made = s3.generate_presigned_post(
        bucket, "in/${filename}", Conditions=[["content-length-range", 1, 5]], ExpiresIn=60
    )

    def post(fields, content):
        out = b"".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        )
        out += (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\n\r\n' + content + b"\r\n--b--\r\n"
        )
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        return house.ask("POST", urlsplit(made["url"]).path, headers=kind, content=out)

    assert post(made["fields"], b"12345").status_code == 204
    assert s3.get_object(Bucket=bucket, Key="in/f.txt")["Body"].read() == b"12345"
    assert code(post(made["fields"], b"123456")) == "EntityTooLarge"
    assert code(post({**made["fields"], "acl": "public-read"}, b"1")) == "AccessDenied"
    assert code(post({**made["fields"], "x-amz-signature": "0" * 64}, b"1")) == "SignatureDoesNotMatch"
