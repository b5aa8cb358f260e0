"""network: initial."""

import sqlalchemy as sa
from alembic import op

from pileus.kernel.store import types

revision = "network_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each table by itself, one after those that it points at."""
    _address_scopes()
    _dirty()
    _networks()
    _quotas()
    _security_groups()
    _default_security_groups()
    _ports()
    _rbac_policies()
    _routers()
    _security_group_rules()
    _subnetpools()
    _floatingips()
    _port_security_groups()
    _subnets()


def _address_scopes() -> None:
    op.create_table(
        "network_address_scopes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("ip_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_address_scopes")),
    )
    op.create_index(
        op.f("ix_network_address_scopes_project_id"), "network_address_scopes", ["project_id"], unique=False
    )


def _dirty() -> None:
    op.create_table(
        "network_dirty",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_network_dirty")),
    )


def _networks() -> None:
    op.create_table(
        "network_networks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("port_security_enabled", sa.Boolean(), nullable=False),
        sa.Column("mtu", sa.Integer(), nullable=False),
        sa.Column("network_type", sa.String(length=32), nullable=False),
        sa.Column("physical_network", sa.String(length=64), nullable=True),
        sa.Column("segmentation_id", sa.Integer(), nullable=True),
        sa.Column("external", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("dns_domain", sa.String(length=255), nullable=False),
        sa.Column("availability_zone_hints", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_networks")),
    )
    op.create_index(op.f("ix_network_networks_project_id"), "network_networks", ["project_id"], unique=False)


def _quotas() -> None:
    op.create_table(
        "network_quotas",
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "resource", name=op.f("pk_network_quotas")),
    )


def _security_groups() -> None:
    op.create_table(
        "network_security_groups",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("stateful", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_security_groups")),
    )
    op.create_index(
        op.f("ix_network_security_groups_project_id"), "network_security_groups", ["project_id"], unique=False
    )


def _default_security_groups() -> None:
    op.create_table(
        "network_default_security_groups",
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["network_security_groups.id"],
            name=op.f("fk_network_default_security_groups_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_network_default_security_groups")),
    )


def _ports() -> None:
    op.create_table(
        "network_ports",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("network_id", sa.String(length=36), nullable=False),
        sa.Column("mac_address", sa.String(length=17), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("device_id", sa.String(length=255), nullable=False),
        sa.Column("device_owner", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("port_security_enabled", sa.Boolean(), nullable=False),
        sa.Column("binding_host", sa.String(length=255), nullable=False),
        sa.Column("binding_vnic_type", sa.String(length=64), nullable=False),
        sa.Column("binding_profile", types.Json(), nullable=False),
        sa.Column("allowed_address_pairs", types.Json(), nullable=False),
        sa.Column("extra_dhcp_opts", types.Json(), nullable=False),
        sa.Column("dns_name", sa.String(length=255), nullable=False),
        sa.Column("made_for_device", sa.Boolean(), nullable=False),
        sa.Column("nic_position", sa.Integer(), nullable=False),
        sa.Column("nic_tag", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["network_id"], ["network_networks.id"], name=op.f("fk_network_ports_network_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_ports")),
        sa.UniqueConstraint("network_id", "mac_address", name=op.f("uq_network_ports_network_id_mac_address")),
    )
    op.create_index(op.f("ix_network_ports_device_id"), "network_ports", ["device_id"], unique=False)
    op.create_index("ix_network_ports_network", "network_ports", ["network_id", "device_owner"], unique=False)
    op.create_index(op.f("ix_network_ports_project_id"), "network_ports", ["project_id"], unique=False)


def _rbac_policies() -> None:
    op.create_table(
        "network_rbac_policies",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("object_type", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target_project", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["object_id"], ["network_networks.id"], name=op.f("fk_network_rbac_policies_object_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_rbac_policies")),
        sa.UniqueConstraint(
            "object_id",
            "action",
            "target_project",
            name=op.f("uq_network_rbac_policies_object_id_action_target_project"),
        ),
    )
    op.create_index(op.f("ix_network_rbac_policies_project_id"), "network_rbac_policies", ["project_id"], unique=False)


def _routers() -> None:
    op.create_table(
        "network_routers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("gateway_network_id", sa.String(length=36), nullable=True),
        sa.Column("gateway_port_id", sa.String(length=36), nullable=True),
        sa.Column("enable_snat", sa.Boolean(), nullable=False),
        sa.Column("routes", types.Json(), nullable=False),
        sa.Column("availability_zone_hints", types.Json(), nullable=False),
        sa.Column("distributed", sa.Boolean(), nullable=False),
        sa.Column("ha", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["gateway_network_id"], ["network_networks.id"], name=op.f("fk_network_routers_gateway_network_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_routers")),
    )
    op.create_index(
        op.f("ix_network_routers_gateway_network_id"), "network_routers", ["gateway_network_id"], unique=False
    )
    op.create_index(op.f("ix_network_routers_project_id"), "network_routers", ["project_id"], unique=False)


def _security_group_rules() -> None:
    op.create_table(
        "network_security_group_rules",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("ethertype", sa.String(length=8), nullable=False),
        sa.Column("protocol", sa.String(length=40), nullable=True),
        sa.Column("port_range_min", sa.Integer(), nullable=True),
        sa.Column("port_range_max", sa.Integer(), nullable=True),
        sa.Column("remote_ip_prefix", sa.String(length=64), nullable=True),
        sa.Column("remote_group_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["network_security_groups.id"],
            name=op.f("fk_network_security_group_rules_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["remote_group_id"],
            ["network_security_groups.id"],
            name=op.f("fk_network_security_group_rules_remote_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_security_group_rules")),
    )
    op.create_index(
        op.f("ix_network_security_group_rules_group_id"), "network_security_group_rules", ["group_id"], unique=False
    )
    op.create_index(
        op.f("ix_network_security_group_rules_project_id"), "network_security_group_rules", ["project_id"], unique=False
    )


def _subnetpools() -> None:
    op.create_table(
        "network_subnetpools",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("ip_version", sa.Integer(), nullable=False),
        sa.Column("prefixes", types.Json(), nullable=False),
        sa.Column("default_prefixlen", sa.Integer(), nullable=False),
        sa.Column("min_prefixlen", sa.Integer(), nullable=False),
        sa.Column("max_prefixlen", sa.Integer(), nullable=False),
        sa.Column("default_quota", sa.Integer(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("address_scope_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["address_scope_id"], ["network_address_scopes.id"], name=op.f("fk_network_subnetpools_address_scope_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_subnetpools")),
    )
    op.create_index(
        op.f("ix_network_subnetpools_address_scope_id"), "network_subnetpools", ["address_scope_id"], unique=False
    )
    op.create_index(op.f("ix_network_subnetpools_project_id"), "network_subnetpools", ["project_id"], unique=False)


def _floatingips() -> None:
    op.create_table(
        "network_floatingips",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("floating_network_id", sa.String(length=36), nullable=False),
        sa.Column("floating_ip_address", sa.String(length=64), nullable=False),
        sa.Column("floating_port_id", sa.String(length=36), nullable=False),
        sa.Column("fixed_port_id", sa.String(length=36), nullable=True),
        sa.Column("fixed_ip_address", sa.String(length=64), nullable=True),
        sa.Column("router_id", sa.String(length=36), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("dns_name", sa.String(length=255), nullable=False),
        sa.Column("dns_domain", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["fixed_port_id"], ["network_ports.id"], name=op.f("fk_network_floatingips_fixed_port_id")
        ),
        sa.ForeignKeyConstraint(
            ["floating_network_id"], ["network_networks.id"], name=op.f("fk_network_floatingips_floating_network_id")
        ),
        sa.ForeignKeyConstraint(["router_id"], ["network_routers.id"], name=op.f("fk_network_floatingips_router_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_floatingips")),
        sa.UniqueConstraint(
            "floating_network_id",
            "fixed_port_id",
            "fixed_ip_address",
            name=op.f("uq_network_floatingips_floating_network_id_fixed_port_id_fixed_ip_address"),
        ),
    )
    op.create_index(
        op.f("ix_network_floatingips_floating_network_id"), "network_floatingips", ["floating_network_id"], unique=False
    )
    op.create_index("ix_network_floatingips_port", "network_floatingips", ["fixed_port_id"], unique=False)
    op.create_index(op.f("ix_network_floatingips_project_id"), "network_floatingips", ["project_id"], unique=False)
    op.create_index(op.f("ix_network_floatingips_router_id"), "network_floatingips", ["router_id"], unique=False)


def _port_security_groups() -> None:
    op.create_table(
        "network_port_security_groups",
        sa.Column("port_id", sa.String(length=36), nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["network_security_groups.id"], name=op.f("fk_network_port_security_groups_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["port_id"], ["network_ports.id"], name=op.f("fk_network_port_security_groups_port_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("port_id", "group_id", name=op.f("pk_network_port_security_groups")),
    )
    op.create_index(
        op.f("ix_network_port_security_groups_group_id"), "network_port_security_groups", ["group_id"], unique=False
    )


def _subnets() -> None:
    op.create_table(
        "network_subnets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("network_id", sa.String(length=36), nullable=False),
        sa.Column("ip_version", sa.Integer(), nullable=False),
        sa.Column("cidr", sa.String(length=64), nullable=False),
        sa.Column("gateway_ip", sa.String(length=64), nullable=True),
        sa.Column("enable_dhcp", sa.Boolean(), nullable=False),
        sa.Column("ipv6_ra_mode", sa.String(length=32), nullable=True),
        sa.Column("ipv6_address_mode", sa.String(length=32), nullable=True),
        sa.Column("subnetpool_id", sa.String(length=36), nullable=True),
        sa.Column("allocation_pools", types.Json(), nullable=False),
        sa.Column("dns_nameservers", types.Json(), nullable=False),
        sa.Column("host_routes", types.Json(), nullable=False),
        sa.Column("service_types", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"], ["network_networks.id"], name=op.f("fk_network_subnets_network_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subnetpool_id"], ["network_subnetpools.id"], name=op.f("fk_network_subnets_subnetpool_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_subnets")),
    )
    op.create_index(op.f("ix_network_subnets_network_id"), "network_subnets", ["network_id"], unique=False)
    op.create_index(op.f("ix_network_subnets_project_id"), "network_subnets", ["project_id"], unique=False)
    op.create_index(op.f("ix_network_subnets_subnetpool_id"), "network_subnets", ["subnetpool_id"], unique=False)
