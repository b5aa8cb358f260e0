"""Objects that arrive in parts, by boto3."""

import hashlib

from tests.api.object_store.s3.refusals import refused

BIG = b"p" * (5 << 20)


def begun(s3, bucket, key="o", **more):
    return {
        "Bucket": bucket,
        "Key": key,
        "UploadId": s3.create_multipart_upload(Bucket=bucket, Key=key, **more)["UploadId"],
    }


def test_a_whole_upload(s3, bucket):
    upload = begun(s3, bucket, Metadata={"m": "1"})
    etags = [s3.upload_part(**upload, PartNumber=n, Body=body)["ETag"] for n, body in ((2, BIG), (7, b"tail"))]
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="o")
    listed = s3.list_parts(**upload, MaxParts=1)
    assert [(p["PartNumber"], p["ETag"], p["Size"]) for p in listed["Parts"]] == [(2, etags[0], len(BIG))]
    assert (listed["IsTruncated"], listed["NextPartNumberMarker"]) == (True, 2)
    rest = s3.list_parts(**upload, PartNumberMarker=2)
    assert [p["PartNumber"] for p in rest["Parts"]] == [7]
    parts = [{"PartNumber": n, "ETag": etag} for n, etag in zip((2, 7), etags, strict=True)]
    with refused("InvalidPartOrder", 400):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts[::-1]})
    with refused("InvalidPart", 400):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 3, "ETag": etags[0]}]})
    made = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    again = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    hashed = hashlib.md5(b"".join(hashlib.md5(body).digest() for body in (BIG, b"tail"))).hexdigest()
    assert made["ETag"] == again["ETag"] == f'"{hashed}-2"'
    shown = s3.get_object(Bucket=bucket, Key="o")
    assert (shown["Body"].read(), shown["Metadata"]) == (BIG + b"tail", {"m": "1"})
    part = s3.get_object(Bucket=bucket, Key="o", PartNumber=2)
    assert (part["Body"].read(), part["PartsCount"]) == (b"tail", 2)
    with refused("NoSuchUpload", 404):
        s3.list_parts(**upload)


def test_uploads_are_listed_and_abandoned(s3, bucket):
    uploads = [begun(s3, bucket, key) for key in ("a", "b/1", "b/2")]
    page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=1)
    assert ([u["Key"] for u in page["Uploads"]], page["IsTruncated"]) == (["a"], True)
    rest = s3.list_multipart_uploads(
        Bucket=bucket, KeyMarker=page["NextKeyMarker"], UploadIdMarker=page["NextUploadIdMarker"], Delimiter="/"
    )
    assert ([p["Prefix"] for p in rest["CommonPrefixes"]], rest.get("Uploads")) == (["b/"], None)
    for upload in uploads:
        s3.abort_multipart_upload(**upload)
        with refused("NoSuchUpload", 404):
            s3.upload_part(**upload, PartNumber=1, Body=b"x")
        with refused("NoSuchUpload", 404):
            s3.abort_multipart_upload(**upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_parts_are_copied(s3, bucket):
    s3.put_object(Bucket=bucket, Key="source", Body=b"0123456789")
    upload, source = begun(s3, bucket), {"Bucket": bucket, "Key": "source"}
    with refused("InvalidRange"):
        s3.upload_part_copy(**upload, PartNumber=1, CopySource=source, CopySourceRange="bytes=5-10")
    done = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source, CopySourceRange="bytes=2-4")
    part = {"PartNumber": 1, "ETag": done["CopyPartResult"]["ETag"]}
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})
    assert s3.get_object(Bucket=bucket, Key="o")["Body"].read() == b"234"


def test_small_parts_and_wrong_numbers(s3, bucket):
    upload = begun(s3, bucket)
    parts = [{"PartNumber": n, "ETag": s3.upload_part(**upload, PartNumber=n, Body=b"x")["ETag"]} for n in (1, 2)]
    with refused("EntityTooSmall", 400):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    for number in (0, 10_001):
        with refused("InvalidArgument", 400):
            s3.upload_part(**upload, PartNumber=number, Body=b"x")
