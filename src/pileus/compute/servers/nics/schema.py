"""Nics of servers, and the actions on addresses and security groups."""

from pileus.compute.servers.making import forms
from pileus.compute.versions import COMPUTE, TAGGED_ATTACH
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class NewNic(Schema, key="interfaceAttachment", history=COMPUTE):
    """A nic to be plugged."""

    network = f.ident("The network.", wire="net_id")
    port = f.ident("A port that exists.", wire="port_id")
    fixed_ips = f.anything(
        "The address.",
        {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "properties": {"ip_address": {"type": "string", "format": "ip"}},
                "required": ["ip_address"],
                "additionalProperties": False,
            },
        },
    )
    tag = f.anything("A device tag.", forms.TAG, since=TAGGED_ATTACH)


class AddFixedIp(Schema, key="addFixedIp", history=COMPUTE):
    """One more address."""

    network = f.text("The network.", least=1, wire="networkId", required=True)


class RemoveFixedIp(Schema, key="removeFixedIp", history=COMPUTE):
    """One address less."""

    address = f.anything("The address.", {"type": "string", "format": "ip"}, required=True)


class AddFloatingIp(Schema, key="addFloatingIp", history=COMPUTE):
    """A way in from outside."""

    address = f.anything("The floating IP.", {"type": "string", "format": "ip"}, required=True)
    fixed_address = f.anything("Which of the server's addresses it leads to.", {"type": "string", "format": "ip"})


class RemoveFloatingIp(Schema, key="removeFloatingIp", history=COMPUTE):
    """No way in any more."""

    address = f.anything("The floating IP.", {"type": "string", "format": "ip"}, required=True)


class AddSecurityGroup(Schema, key="addSecurityGroup", history=COMPUTE):
    """One security group more."""

    name = f.text("Name or id.", least=1, required=True)


class RemoveSecurityGroup(AddSecurityGroup, key="removeSecurityGroup"):
    """One security group less."""
