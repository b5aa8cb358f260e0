"""Access control lists: who was granted what on a bucket or an object.

People are known by project: the canonical id of an owner or grantee is a project's id (a user's id is taken as well).
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from pileus.kernel.auth.caller import Caller
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.wire import xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KEPT = "sysmeta-s3-acl"
_GROUPS = "http://acs.amazonaws.com/groups/"
ALL_USERS = _GROUPS + "global/AllUsers"
AUTHENTICATED = _GROUPS + "global/AuthenticatedUsers"
LOG_DELIVERY = _GROUPS + "s3/LogDelivery"
GROUPS = frozenset({ALL_USERS, AUTHENTICATED, LOG_DELIVERY})
FULL = "FULL_CONTROL"
PERMISSIONS = ("READ", "WRITE", "READ_ACP", "WRITE_ACP", FULL)
MOST_GRANTS = 100
_ID = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
_GRANT_HEADERS = {f"x-amz-grant-{name.lower().replace('_', '-')}": name for name in PERMISSIONS}


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """A permission; the grantee is an id, or the URI of a group."""

    grantee: str
    permission: str

    @property
    def public(self) -> bool:
        """Whether it is given to everybody, or to everybody with a key."""
        return self.grantee in {ALL_USERS, AUTHENTICATED}


class Acl(msgspec.Struct, frozen=True):
    """A list of grants."""

    owner: str
    grants: tuple[Grant, ...]

    @property
    def public(self) -> bool:
        """Whether it lets everybody in."""
        return any(grant.public for grant in self.grants)

    def allows(self, who: Caller, permission: str, *, public: bool = True) -> bool:
        """Whether the caller has a permission.

        Args:
            public: whether grants to everybody count.
        """
        ids = {who.project_id, who.user_id} - {""}
        if public:
            ids.add(ALL_USERS)
            if who.user_id:
                ids.add(AUTHENTICATED)
        return any(grant.grantee in ids and grant.permission in {permission, FULL} for grant in self.grants)


def private(owner: str) -> Acl:
    """What holds where nothing was said."""
    return Acl(owner, (Grant(owner, FULL),))


def kept(metadata: Mapping[str, str], owner: str) -> Acl:
    """The list that a bucket or object has."""
    text = metadata.get(KEPT, "")
    return msgspec.json.decode(text, type=Acl) if text else private(owner)


def canned(name: str, owner: str, bucket_owner: str) -> Acl:
    """One of the lists that have a name.

    Raises:
        S3Error: there is none of that name.
    """
    more: dict[str, tuple[Grant, ...]] = {
        "private": (),
        "public-read": (Grant(ALL_USERS, "READ"),),
        "public-read-write": (Grant(ALL_USERS, "READ"), Grant(ALL_USERS, "WRITE")),
        "authenticated-read": (Grant(AUTHENTICATED, "READ"),),
        "aws-exec-read": (),
        "bucket-owner-read": (Grant(bucket_owner, "READ"),) if bucket_owner != owner else (),
        "bucket-owner-full-control": (Grant(bucket_owner, FULL),) if bucket_owner != owner else (),
        "log-delivery-write": (Grant(LOG_DELIVERY, "WRITE"), Grant(LOG_DELIVERY, "READ_ACP")),
    }
    if name not in more:
        raise argument("x-amz-acl", name, "")
    return Acl(owner, (Grant(owner, FULL), *more[name]))


def of_headers(headers: Mapping[str, str], owner: str, bucket_owner: str) -> Acl | None:
    """The list that a request's headers ask for; None where they ask for none.

    Raises:
        S3Error: they ask for what cannot be.
    """
    granted = [(name, permission) for name, permission in _GRANT_HEADERS.items() if name in headers]
    named = headers.get("x-amz-acl", "").strip()
    if named and granted:
        raise refuse("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed")
    if named:
        return canned(named, owner, bucket_owner)
    if not granted:
        return None
    grants = [grant for name, permission in granted for grant in _of_header(name, headers[name], permission)]
    return _checked(owner, grants)


def _of_header(header: str, text: str, permission: str) -> Iterable[Grant]:
    for part in text.split(","):
        kind, _, value = part.strip().partition("=")
        value = value.strip().strip('"')
        if kind.lower() == "id":
            yield Grant(_id(value), permission)
        elif kind.lower() == "uri":
            yield Grant(_group(value), permission)
        elif kind.lower() == "emailaddress":
            raise refuse("UnresolvableGrantByEmailAddress")
        else:
            raise argument(header, text, "Argument format not recognized")


def _id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise argument("CanonicalUser/ID", value, "Invalid id")
    return value


def _group(value: str) -> str:
    if value not in GROUPS:
        raise argument("Group/URI", value, "Invalid group uri")
    return value


def _checked(owner: str, grants: list[Grant]) -> Acl:
    if len(grants) > MOST_GRANTS:
        raise refuse("MalformedACLError")
    return Acl(owner, tuple(dict.fromkeys(grants)))


def of_xml(root: "Element", owner: str) -> Acl:
    """The list in a document; its owner must be the one there is.

    Raises:
        S3Error: it cannot be a list, or names another owner.
    """
    try:
        xml.only(root, ("Owner", "AccessControlList"))
        holder, grants = root.find("Owner"), root.find("AccessControlList")
        if holder is None or grants is None:
            raise ValueError("owner and list are expected")
        if xml.text(holder, "ID", None) != owner:
            raise refuse("AccessDenied")
        return _checked(owner, [_of_element(item) for item in grants])
    except ValueError:
        raise refuse("MalformedACLError") from None


def _of_element(item: "Element") -> Grant:
    grantee = item.find("Grantee")
    if item.tag != "Grant" or grantee is None:
        raise ValueError("a grant is expected")
    permission = xml.one_of(item, "Permission", PERMISSIONS)
    if grantee.find("EmailAddress") is not None:
        raise refuse("UnresolvableGrantByEmailAddress")
    if grantee.find("URI") is not None:
        return Grant(_group(xml.text(grantee, "URI")), permission)
    return Grant(_id(xml.text(grantee, "ID", None)), permission)


def shown(acl: Acl) -> xml.Node:
    """A list as documents have it."""
    return [("Owner", [("ID", acl.owner)]), ("AccessControlList", [("Grant", _element(grant)) for grant in acl.grants])]


def _element(grant: Grant) -> xml.Node:
    group = grant.grantee in GROUPS
    kind = f'Grantee xmlns:xsi="{_SCHEMA}" xsi:type="{"Group" if group else "CanonicalUser"}"'
    content = [("URI", grant.grantee)] if group else [("ID", grant.grantee)]
    return [("Grantee", xml.element(kind, content)), ("Permission", grant.permission)]
