"""Keypairs on the wire, as each microversion has them."""

from typing import Any

from pileus.compute.versions import (
    COMPUTE,
    IMPORTED_KEYPAIRS,
    KEYPAIR_PAGES,
    KEYPAIR_TYPES,
    KEYPAIRS_OF_OTHERS,
    STRICT_FORMS,
)
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

_NAME: Any = {"least": 1, "required": True}


class NewKeypair(Schema, key="keypair", history=COMPUTE):
    """A keypair as it is made or imported; the private key is only ever shown here."""

    name = f.text("Unique for the user.", pattern=r"^(?! )[a-zA-Z0-9 _@.\-]+(?<! )$", **_NAME)
    public_key = f.text("In the form of OpenSSH, or a certificate in PEM.", most=None, required=True)
    type = f.text("Of which kind.", choices=("ssh", "x509"), default="ssh", since=KEYPAIR_TYPES)
    user_id = f.text("Whose it is.", since=KEYPAIRS_OF_OTHERS)
    fingerprint = f.text("Of the public key.", read_only=True)
    private_key = f.text("In PEM; shown once.", read_only=True)
    user_id_shown = f.text("Whose it is.", wire="user_id", source="user_id", read_only=True, until=KEYPAIRS_OF_OTHERS)


@COMPUTE.reshape(IMPORTED_KEYPAIRS, NewKeypair)
class KeypairsWereGenerated:
    """Without a public key a pair was made; names had fewer characters."""

    name = f.text("Unique for the user.", pattern=r"^(?! )[a-zA-Z0-9 _\-]+(?<! )$", **_NAME)
    public_key = f.text("In the form of OpenSSH, or a certificate in PEM; made if there is none.", most=None)


class Keypair(Schema, key="keypair", history=COMPUTE):
    """A keypair as it is shown alone."""

    id = f.integer("A number.", read_only=True)
    name = f.text("Unique for the user.", read_only=True)
    public_key = f.text("In the form of OpenSSH, or a certificate in PEM.", read_only=True)
    fingerprint = f.text("Of the public key.", read_only=True)
    user_id = f.text("Whose it is.", read_only=True)
    type = f.text("ssh or x509.", read_only=True, since=KEYPAIR_TYPES)
    created_at = f.moment("When it was made.", style=lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%f"))
    updated_at = f.anything("Never changed.", read_only=True, nullable=True, show=lambda _row, _call: None)
    deleted = f.boolean("Never.", read_only=True, show=lambda _row, _call: False)
    deleted_at = f.anything("Never deleted.", read_only=True, nullable=True, show=lambda _row, _call: None)


class KeypairInList(Schema, history=COMPUTE):
    """A keypair in a list."""

    name = f.text("Unique for the user.", read_only=True)
    public_key = f.text("In the form of OpenSSH, or a certificate in PEM.", read_only=True)
    fingerprint = f.text("Of the public key.", read_only=True)
    type = f.text("ssh or x509.", read_only=True, since=KEYPAIR_TYPES)


class WrappedKeypair(Schema, plural="keypairs", history=COMPUTE):
    """Each entry of the list stands below a key of its own."""

    keypair = f.nested(KeypairInList, "The keypair.", read_only=True)


class OwnerQuery(Schema, history=COMPUTE, extra="ignore", strict_since=STRICT_FORMS):
    """Whose keypair is meant."""

    user_id = f.text("Another user; for administrators.", since=KEYPAIRS_OF_OTHERS)


class KeypairQuery(OwnerQuery):
    """How keypairs can be listed."""

    limit = f.integer("Entries at the most.", least=0, since=KEYPAIR_PAGES)
    marker = f.text("The name of the last entry of the page before.", most=None, since=KEYPAIR_PAGES)
