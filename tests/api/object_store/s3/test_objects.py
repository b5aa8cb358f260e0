"""Objects by boto3: bytes, metadata, conditions, ranges, copies, deletions."""

import hashlib

import pytest
from tests.api.object_store.s3.refusals import refused

KEYS = ["a", "a/b", "//", "/a", "a//b", "./x", "../y", "ü/☃ +&?#%", "%2F", "a b", "a\tb", "x" * 1024, "é", "e\u0301"]


@pytest.mark.parametrize("key", KEYS)
def test_keys_to_the_byte(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.delete_object(Bucket=bucket, Key=key)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_what_an_object_is(s3, bucket):
    given = {
        "Metadata": {"one": "1", "two": "zwei"},
        "ContentType": "text/x",
        "CacheControl": "max-age=5",
        "ContentDisposition": "inline",
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "StorageClass": "STANDARD_IA",
        "WebsiteRedirectLocation": "/elsewhere",
        "Tagging": "a=1&b=%20",
    }
    made = s3.put_object(Bucket=bucket, Key="o", Body=b"hello", **given)
    assert made["ETag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
    shown = s3.get_object(Bucket=bucket, Key="o", ChecksumMode="ENABLED")
    assert shown["Body"].read() == b"hello"
    for name, value in given.items():
        if name != "Tagging":
            assert shown[name] == value
    assert (shown["TagCount"], shown["ContentLength"], shown["AcceptRanges"]) == (2, 5, "bytes")
    assert shown["ChecksumCRC32"] == made["ChecksumCRC32"] == "NhCmhg=="
    head = s3.head_object(Bucket=bucket, Key="o")
    assert head["ETag"] == made["ETag"]
    assert head["Metadata"] == given["Metadata"]


def test_both_apis_see_one_object(house, s3, bucket):
    s3.put_object(Bucket=bucket, Key="o", Body=b"hello", Metadata={"m": "1"})
    swift = {"X-Auth-Token": "alice"}
    answer = house.ask("GET", f"/object-store/v1/AUTH_p1/{bucket}/o", headers=swift)
    assert (answer.content, answer.headers["X-Object-Meta-M"]) == (b"hello", "1")
    assert not [name for name in answer.headers if "sysmeta" in name]
    house.ask(
        "PUT", f"/object-store/v1/AUTH_p1/{bucket}/s", headers={**swift, "X-Object-Meta-N": "2"}, content=b"swift"
    )
    shown = s3.get_object(Bucket=bucket, Key="s")
    assert (shown["Body"].read(), shown["Metadata"]) == (b"swift", {"n": "2"})
    house.ask("PUT", "/object-store/v1/AUTH_p1/made-by-swift", headers=swift)
    assert "made-by-swift" in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]
    s3.put_object(Bucket="made-by-swift", Key="o", Body=b"x")


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_checksums(s3, bucket, algorithm):
    body = bytes(range(256)) * 200
    from pileus.object_store.s3.checksums.digests import digest, encoded

    sum = digest(algorithm)
    sum.update(body)
    value = {f"Checksum{algorithm}": encoded(sum.digest())}
    made = s3.put_object(Bucket=bucket, Key="o", Body=body, **value)
    assert made[f"Checksum{algorithm}"] == value[f"Checksum{algorithm}"]
    shown = s3.get_object_attributes(Bucket=bucket, Key="o", ObjectAttributes=["Checksum", "ETag", "ObjectSize"])
    assert shown["Checksum"] == {**value, "ChecksumType": "FULL_OBJECT"}
    assert shown["ObjectSize"] == len(body)
    with refused("BadDigest", 400):
        s3.put_object(Bucket=bucket, Key="o", Body=body + b"x", **value)
    assert s3.head_object(Bucket=bucket, Key="o")["ContentLength"] == len(body)


def test_content_md5(s3, bucket):
    with refused("BadDigest"):
        s3.put_object(Bucket=bucket, Key="o", Body=b"x", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    with refused("InvalidDigest"):
        s3.put_object(Bucket=bucket, Key="o", Body=b"x", ContentMD5="short")
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="o")


def test_ranges(s3, bucket):
    s3.put_object(Bucket=bucket, Key="o", Body=b"0123456789")
    for header, want in (("bytes=0-0", b"0"), ("bytes=3-", b"3456789"), ("bytes=-2", b"89"), ("bytes=8-99", b"89")):
        got = s3.get_object(Bucket=bucket, Key="o", Range=header)
        assert (got["Body"].read(), got["ResponseMetadata"]["HTTPStatusCode"]) == (want, 206)
    assert s3.get_object(Bucket=bucket, Key="o", Range="bytes=2-3")["ContentRange"] == "bytes 2-3/10"
    for header in ("bytes=10-", "bytes=-0"):
        with refused("InvalidRange", 416):
            s3.get_object(Bucket=bucket, Key="o", Range=header)
    for header in ("bytes=5-2", "lines=1-2", "bytes=0-1,3-4"):
        assert s3.get_object(Bucket=bucket, Key="o", Range=header)["Body"].read() == b"0123456789"


def test_conditions_of_reading(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="o", Body=b"x")["ETag"]
    when = s3.head_object(Bucket=bucket, Key="o")["LastModified"]
    assert s3.get_object(Bucket=bucket, Key="o", IfMatch=etag)["Body"].read() == b"x"
    with refused("PreconditionFailed", 412):
        s3.get_object(Bucket=bucket, Key="o", IfMatch='"other"')
    with refused("304", 304):
        s3.head_object(Bucket=bucket, Key="o", IfNoneMatch=etag)
    with refused("304", 304):
        s3.head_object(Bucket=bucket, Key="o", IfModifiedSince=when)
    from datetime import timedelta

    with refused("PreconditionFailed", 412):
        s3.get_object(Bucket=bucket, Key="o", IfUnmodifiedSince=when - timedelta(seconds=10))


def test_conditions_of_writing(s3, bucket):
    s3.put_object(Bucket=bucket, Key="o", Body=b"1", IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="o", Body=b"2", IfNoneMatch="*")
    etag = s3.head_object(Bucket=bucket, Key="o")["ETag"]
    s3.put_object(Bucket=bucket, Key="o", Body=b"2", IfMatch=etag)
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="o", Body=b"3", IfMatch=etag)
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket=bucket, Key="none", Body=b"3", IfMatch=etag)
    with refused("PreconditionFailed", 412):
        s3.delete_object(Bucket=bucket, Key="o", IfMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="o")["Body"].read() == b"2"


def test_copies(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a ü", Body=b"x", Metadata={"m": "1"}, ContentType="a/b", Tagging="t=1")
    source = {"Bucket": bucket, "Key": "a ü"}
    made = s3.copy_object(Bucket=bucket, Key="b", CopySource=source)
    shown = s3.get_object(Bucket=bucket, Key="b")
    assert (shown["Body"].read(), shown["Metadata"], shown["ContentType"], shown["TagCount"]) == (
        b"x",
        {"m": "1"},
        "a/b",
        1,
    )
    assert made["CopyObjectResult"]["ETag"] == shown["ETag"]
    s3.copy_object(
        Bucket=bucket,
        Key="c",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"n": "2"},
        TaggingDirective="REPLACE",
        Tagging="",
    )
    shown = s3.get_object(Bucket=bucket, Key="c")
    assert (shown["Metadata"], shown.get("TagCount")) == ({"n": "2"}, None)
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=bucket, Key="a ü", CopySource=source)
    s3.copy_object(Bucket=bucket, Key="a ü", CopySource=source, MetadataDirective="REPLACE", Metadata={"z": "3"})
    assert s3.head_object(Bucket=bucket, Key="a ü")["Metadata"] == {"z": "3"}
    with refused("PreconditionFailed", 412):
        s3.copy_object(Bucket=bucket, Key="d", CopySource=source, CopySourceIfMatch='"no"')
    with refused("NoSuchKey"):
        s3.copy_object(Bucket=bucket, Key="d", CopySource={"Bucket": bucket, "Key": "none"})


def test_deleting_many(s3, bucket):
    for number in range(20):
        s3.put_object(Bucket=bucket, Key=f"k{number}", Body=b"")
    objects = [{"Key": f"k{number}"} for number in range(20)] + [{"Key": "none"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert len(answer["Deleted"]) == 21
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    assert "Deleted" not in answer
    with refused("MalformedXML"):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": str(n)} for n in range(1001)]})


def test_a_key_of_the_clients_own(s3, bucket):
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    for size in (10, 200_000):
        body = b"z" * size
        s3.put_object(Bucket=bucket, Key="o", Body=body, **key)
        assert s3.get_object(Bucket=bucket, Key="o", **key)["Body"].read() == body
        got = s3.get_object(Bucket=bucket, Key="o", Range="bytes=3-7", **key)
        assert got["Body"].read() == b"zzzzz"
        with refused("InvalidRequest", 400):
            s3.get_object(Bucket=bucket, Key="o")
        with refused("AccessDenied", 403):
            s3.get_object(Bucket=bucket, Key="o", SSECustomerAlgorithm="AES256", SSECustomerKey="x" * 32)
    s3.put_object(Bucket=bucket, Key="kms", Body=b"m", ServerSideEncryption="aws:kms", SSEKMSKeyId="mine")
    assert s3.head_object(Bucket=bucket, Key="kms")["SSEKMSKeyId"] == "mine"
    assert s3.get_object(Bucket=bucket, Key="kms")["Body"].read() == b"m"


def test_limits(s3, bucket):
    with refused("MetadataTooLarge"):
        s3.put_object(Bucket=bucket, Key="o", Metadata={"a": "x" * 2048})
    with refused("KeyTooLongError"):
        s3.put_object(Bucket=bucket, Key="k" * 1025)
    with refused("InvalidStorageClass"):
        s3.put_object(Bucket=bucket, Key="o", StorageClass="GLACIER")
    with refused("InvalidTag"):
        s3.put_object(Bucket=bucket, Key="o", Tagging="&".join(f"k{n}=1" for n in range(11)))
