"""What a client is refused with."""

import contextlib

from botocore.exceptions import ClientError


@contextlib.contextmanager
def refused(code, status=None):
    """The block ends with boto3's exception of that code."""
    try:
        yield
    except ClientError as error:
        found = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert found[0] == code, error.response
        assert status in {None, found[1]}, error.response
    else:
        raise AssertionError(f"not refused with {code}")
