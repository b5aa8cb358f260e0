"""The EC2 form of metadata: a tree of texts.  Pure.

Source: the EC2 user guide, and what cloud-init and CirrOS read.
"""

from typing import Any

from pileus.compute.metadata.content import ServerFacts, user_data

VERSIONS = (
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
    "latest",
)


def ec2_id(number: int, kind: str = "i") -> str:
    """An identifier as EC2 has them."""
    return f"{kind}-{number:08x}"


def tree(facts: ServerFacts) -> dict[str, Any]:
    """The tree below a version: dictionaries are folders, lists and texts are files."""
    row = facts.server
    addresses = [a for port in facts.ports for a in port.addresses if a.version == 4]
    fixed = next((a.address for a in addresses if not a.floating), "")
    floating = next((a.address for a in addresses if a.floating), "")
    meta: dict[str, Any] = {
        "ami-id": "ami-" + (row["image_id"] or "0" * 8)[:8],
        "ami-launch-index": str(row["launch_index"]),
        "block-device-mapping": {"ami": "vda", "root": "/dev/vda"},
        "hostname": row["hostname"],
        "instance-action": "none",
        "instance-id": ec2_id(row["number"]),
        "instance-type": row["flavor"]["name"],
        "local-hostname": row["hostname"],
        "local-ipv4": fixed,
        "placement": {"availability-zone": row["zone"] or ""},
        "public-hostname": row["hostname"],
        "public-ipv4": floating,
        "reservation-id": row["reservation_id"],
        "security-groups": "\n".join(facts.groups),
    }
    if facts.key is not None:
        meta["public-keys"] = {"0": {"openssh-key": facts.key["public_key"].strip() + "\n"}}
    found: dict[str, Any] = {"meta-data": meta}
    if facts.user_data:
        found["user-data"] = user_data(facts)
    return found


def read(facts: ServerFacts, segments: list[str]) -> bytes | None:
    """The text at a path below a version; None where there is none."""
    node: Any = tree(facts)
    for segment in segments:
        if not segment:
            continue
        if not isinstance(node, dict) or segment not in node:
            return None
        node = node[segment]
    if isinstance(node, bytes):
        return node
    if isinstance(node, str):
        return node.encode()
    if list(node) == ["0"] and facts.key is not None:  # the list of keys names them: "0=mykey"
        return f"0={facts.key['name']}".encode()
    return "\n".join(f"{name}/" if isinstance(node[name], dict) else name for name in sorted(node)).encode()
