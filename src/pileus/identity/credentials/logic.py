"""Credentials' secrets: encrypted in the database, and bound to the delegation that they were made under."""

import hashlib
from typing import Any

import msgspec
from cryptography.fernet import InvalidToken

from pileus.identity.errors import Malformed, NotAllowed
from pileus.identity.tokens.keys import Keys
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Row

_BOUND = ("trust_id", "app_cred_id", "access_token_id", "access_id")
"""What a secret says of the delegation that it was made under; never changed afterwards."""


class Blobs:
    """Encrypts and decrypts secrets with keys of their own."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def seal(self, blob: str) -> str:
        """A secret as it is stored."""
        return self._keys.fernet().encrypt(blob.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """A stored secret, readable.

        Raises:
            Malformed: it was encrypted with keys that are gone.
        """
        try:
            return self._keys.fernet().decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Malformed("The credential cannot be decrypted with the keys of this cloud.") from error

    def open(self, row: Row) -> Row:
        """A row with its secret readable.

        Raises:
            Malformed: it was encrypted with keys that are gone.
        """
        return {**row, "blob": self.unseal(row["blob"])}


def parsed(blob: str) -> dict[str, Any]:
    """A secret that should be a JSON object.

    Raises:
        Malformed: it is none.
    """
    try:
        value = msgspec.json.decode(blob)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed("Invalid blob in credential") from error
    if not isinstance(value, dict):
        raise Malformed("Invalid blob in credential")
    return value


def bound(who: Caller, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a new EC2 credential: its identifier told by its access key, its delegation written into it.

    Raises:
        Malformed: there is no access key, or no project.
    """
    if values["type"] != "ec2":
        return values
    blob = parsed(values["blob"])
    if not isinstance(blob.get("access"), str) or not blob["access"]:
        raise Malformed("Invalid blob in credential")
    if not values.get("project_id"):
        raise Malformed("Expecting to find project_id in credential.")
    for name in _BOUND:
        blob.pop(name, None)
    if who.trust_id:
        blob["trust_id"] = who.trust_id
    if who.application_credential_id:
        blob["app_cred_id"] = who.application_credential_id
    return {**values, "id": identifier_of(blob["access"]), "blob": msgspec.json.encode(blob).decode()}


def identifier_of(access_key: str) -> str:
    """The identifier of the EC2 credential with an access key."""
    return hashlib.sha256(access_key.encode()).hexdigest()


def refuse_rebinding(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Raise where a change would lift an EC2 credential out of its delegation.

    Raises:
        NotAllowed: it would.
    """
    if old["type"] != "ec2" and new.get("type", old["type"]) != "ec2":
        return
    before = parsed(old["blob"]) if old["type"] == "ec2" else {}
    after = parsed(str(new.get("blob", old["blob"])))
    for name in _BOUND:
        if before.get(name) != after.get(name):
            raise NotAllowed(action=f"{name} can not be updated for credential")
