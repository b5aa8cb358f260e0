"""Object lock by boto3, and that nobody gets round it through Swift."""

from datetime import timedelta

import pytest
from tests.api.object_store.s3.refusals import refused

SWIFT = {"X-Auth-Token": "alice"}


@pytest.fixture
def vault(house, s3):
    """A bucket of alice's with object lock."""
    house.count = getattr(house, "count", 0) + 1
    name = f"vault-{house.count}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def put(house, s3, vault, mode=None, key="o"):
    lock = {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": house.clock.now() + timedelta(days=1)} if mode else {}
    return s3.put_object(Bucket=vault, Key=key, Body=b"kept", **lock)["VersionId"]


def swift(house, method, path, **headers):
    return house.ask(method, f"/object-store/v1/AUTH_p1{path}", headers={**SWIFT, **headers})


def alive(s3, vault, version, key="o"):
    return s3.get_object(Bucket=vault, Key=key, VersionId=version)["Body"].read() == b"kept"


def test_governance(house, s3, vault, forward):
    one, two = put(house, s3, vault, "GOVERNANCE"), put(house, s3, vault, "GOVERNANCE")
    head = s3.head_object(Bucket=vault, Key="o", VersionId=one)
    assert head["ObjectLockMode"] == "GOVERNANCE"
    with refused("AccessDenied", 403):
        s3.delete_object(Bucket=vault, Key="o", VersionId=one)
    assert alive(s3, vault, one)
    s3.delete_object(Bucket=vault, Key="o", VersionId=one, BypassGovernanceRetention=True)
    with refused("NoSuchVersion", 404):
        s3.get_object(Bucket=vault, Key="o", VersionId=one)
    forward(days=2)
    assert swift(house, "DELETE", f"/{vault}/o?version-id={two}").status_code == 204


def test_compliance(house, s3, vault, forward):
    version = put(house, s3, vault, "COMPLIANCE")
    for bypass in (False, True):
        with refused("AccessDenied", 403):
            s3.delete_object(Bucket=vault, Key="o", VersionId=version, BypassGovernanceRetention=bypass)
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": house.clock.now() + timedelta(hours=1)}
    with refused("AccessDenied", 403):
        s3.put_object_retention(Bucket=vault, Key="o", Retention=shorter, BypassGovernanceRetention=True)
    done = s3.delete_objects(Bucket=vault, Delete={"Objects": [{"Key": "o", "VersionId": version}]})
    assert [entry["Code"] for entry in done["Errors"]] == ["AccessDenied"]
    s3.delete_object(Bucket=vault, Key="o")  # a marker hides it and keeps it
    assert alive(s3, vault, version)
    forward(days=2)
    assert swift(house, "DELETE", f"/{vault}/o?version-id={version}").status_code == 204


def test_legal_hold(house, s3, vault):
    version = put(house, s3, vault)
    s3.put_object_legal_hold(Bucket=vault, Key="o", LegalHold={"Status": "ON"})
    assert s3.get_object_legal_hold(Bucket=vault, Key="o")["LegalHold"]["Status"] == "ON"
    with refused("AccessDenied", 403):
        s3.delete_object(Bucket=vault, Key="o", VersionId=version, BypassGovernanceRetention=True)
    assert swift(house, "DELETE", f"/{vault}/o?version-id={version}").status_code == 403
    s3.put_object_legal_hold(Bucket=vault, Key="o", LegalHold={"Status": "OFF"})
    assert swift(house, "DELETE", f"/{vault}/o?version-id={version}").status_code == 204


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_swift_deletes_no_locked_version(house, s3, vault, forward, mode):
    version = put(house, s3, vault, mode)
    bypass = {"X-Amz-Bypass-Governance-Retention": "true"}
    assert swift(house, "DELETE", f"/{vault}/o?version-id={version}", **bypass).status_code == 403
    assert swift(house, "POST", f"/{vault}/o", **{"X-Object-Meta-A": "b"}).status_code == 202
    assert swift(house, "DELETE", f"/{vault}/o?version-id={version}").status_code == 403
    assert alive(s3, vault, version)
    forward(days=2)
    assert swift(house, "DELETE", f"/{vault}/o?version-id={version}").status_code == 204


def test_a_locked_null_version_is_not_overwritten(house, s3, bucket):
    s3.put_object(Bucket=bucket, Key="o", Body=b"kept")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    s3.put_object_legal_hold(Bucket=bucket, Key="o", VersionId="null", LegalHold={"Status": "ON"})
    assert swift(house, "POST", f"/{bucket}", **{"X-Versions-Enabled": "false"}).status_code == 204
    for older in (False, True):  # first as the object, then below a newer version
        if older:
            swift(house, "POST", f"/{bucket}", **{"X-Versions-Enabled": "true"})
            s3.put_object(Bucket=bucket, Key="o", Body=b"newer")
            swift(house, "POST", f"/{bucket}", **{"X-Versions-Enabled": "false"})
        assert swift(house, "PUT", f"/{bucket}/o").status_code == 403
        assert swift(house, "DELETE", f"/{bucket}/o").status_code == 403
        assert swift(house, "DELETE", f"/{bucket}/o?version-id=null").status_code == 403
        with refused("AccessDenied", 403):
            s3.put_object(Bucket=bucket, Key="o", Body=b"other")
        with refused("AccessDenied", 403):
            s3.delete_object(Bucket=bucket, Key="o")
        assert alive(s3, bucket, "null")
    listing = house.ask(
        "POST",
        "/object-store/v1/AUTH_p1?bulk-delete",
        headers={**SWIFT, "Content-Type": "text/plain"},
        content=f"/{bucket}/o\n".encode(),
    )
    assert b"403 Forbidden" in listing.content
    assert alive(s3, bucket, "null")


def test_the_expirer_leaves_locked_versions(house, s3, vault, forward):
    version = put(house, s3, vault, "COMPLIANCE")
    assert swift(house, "POST", f"/{vault}/o", **{"X-Delete-After": "60"}).status_code == 202
    forward(hours=1)
    house.loops()
    forward(hours=-1)
    assert alive(s3, vault, version)
    forward(days=2)
    for _ in range(2):  # hidden first, then gone
        house.loops()
    forward(days=-2)
    with refused("NoSuchVersion", 404):
        s3.get_object(Bucket=vault, Key="o", VersionId=version)


def test_segments_and_accounts_with_locks_stay(house):
    house.people["carol"] = ("carol-secret", house.person("carol", "p3", "member"))
    house.people["operator"] = ("operator-secret", house.person("operator", "p9", "ResellerAdmin"))
    carol, account = house.client("carol"), "/object-store/v1/AUTH_p3"
    carol.create_bucket(Bucket="carols-vault", ObjectLockEnabledForBucket=True)
    version = carol.put_object(Bucket="carols-vault", Key="o", Body=b"kept", ObjectLockLegalHoldStatus="ON")[
        "VersionId"
    ]
    answer = house.ask("DELETE", account, headers={"X-Auth-Token": "operator"})
    assert answer.status_code == 403
    assert alive(carol, "carols-vault", version)
    carol.put_object_legal_hold(Bucket="carols-vault", Key="o", LegalHold={"Status": "OFF"})
    assert house.ask("DELETE", account, headers={"X-Auth-Token": "operator"}).status_code == 204


def test_a_deletion_with_segments_keeps_a_locked_one(house, s3, bucket):
    s3.put_object(Bucket=bucket, Key="o", Body=b"kept")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    s3.put_object_legal_hold(Bucket=bucket, Key="o", LegalHold={"Status": "ON"})
    swift(house, "POST", f"/{bucket}", **{"X-Versions-Enabled": "false"})
    swift(house, "PUT", "/lists")
    path = "/object-store/v1/AUTH_p1/lists/l?multipart-manifest="
    made = house.ask("PUT", path + "put", headers=SWIFT, content=f'[{{"path": "/{bucket}/o"}}]'.encode())
    assert made.status_code == 201
    assert b"403 Forbidden" in house.ask("DELETE", path + "delete", headers=SWIFT).content
    assert alive(s3, bucket, "null")
