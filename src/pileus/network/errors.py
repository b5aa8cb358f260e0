"""The network service's errors: Neutron's names, statuses and words.

The class's name is what `NeutronError.type` shows.
"""

from pileus.kernel.api.errors import BadRequest, Conflict, NotFound, PreconditionFailed


class InvalidInput(BadRequest):
    """400: a request that is well formed and makes no sense."""

    message = "Invalid input for operation: {error_message}."

    def __init__(self, error_message: str) -> None:
        super().__init__(error_message=error_message)


class RevisionNumberConstraintFailed(PreconditionFailed):
    """412: If-Match names an older revision."""

    message = "Constrained to {expected}, but current revision is {current}"


class OverQuota(Conflict):
    """409: the project may have no more of these."""

    message = "Quota exceeded for resources: {overs}."


class NetworkNotFound(NotFound):
    """404."""

    message = "Network {id} could not be found."


class NetworkInUse(Conflict):
    """409."""

    message = (
        "Unable to complete operation on network {id}. There are one or more ports still in use on the network, id "
        "for these ports is: {ports}."
    )


class InvalidSharedSetting(Conflict):
    """409."""

    message = "Unable to reconfigure sharing settings for network {network}. Multiple projects are using it."


class ExternalNetworkInUse(Conflict):
    """409."""

    message = "External network {id} cannot be updated to be made non-external, since it has existing gateway ports."


class SubnetNotFound(NotFound):
    """404."""

    message = "Subnet {id} could not be found."


class SubnetInUse(Conflict):
    """409."""

    message = "Unable to complete operation on subnet {id}: One or more ports have an IP allocation from this subnet."


class GatewayIpInUse(Conflict):
    """409."""

    message = "Current gateway ip {ip} already in use by port {port}. Unable to update."


class GatewayConflictWithAllocationPools(Conflict):
    """409."""

    message = "Gateway ip {ip} conflicts with allocation pool {pool}."


class InvalidAllocationPool(BadRequest):
    """400."""

    message = "The allocation pool {pool} is not valid."


class OutOfBoundsAllocationPool(BadRequest):
    """400."""

    message = "The allocation pool {pool} spans beyond the subnet cidr {cidr}."


class OverlappingAllocationPools(Conflict):
    """409."""

    message = "Found overlapping allocation pools: {pool_1} {pool_2} for subnet {cidr}."


class SubnetPoolNotFound(NotFound):
    """404."""

    message = "Subnet pool {id} could not be found."


class SubnetPoolInUse(Conflict):
    """409."""

    message = "Unable to complete operation on subnet pool {id}. {reason}."


class SubnetAllocationError(BadRequest):
    """400: the pool has no such prefix left."""

    message = "Failed to allocate subnet: {reason}."


class MinPrefixSubnetAllocationError(BadRequest):
    """400."""

    message = "Unable to allocate subnet with prefix length {prefixlen}, minimum allowed prefix is {least}."


class MaxPrefixSubnetAllocationError(BadRequest):
    """400."""

    message = "Unable to allocate subnet with prefix length {prefixlen}, maximum allowed prefix is {most}."


class IllegalSubnetPoolPrefixBounds(BadRequest):
    """400."""

    message = "Illegal prefix bounds: {kind}={value}, {other_kind}={other}."


class IllegalSubnetPoolUpdate(BadRequest):
    """400."""

    message = "Illegal subnetpool update : {reason}."


class AddressScopeNotFound(NotFound):
    """404."""

    message = "Address scope {id} could not be found."


class AddressScopeInUse(Conflict):
    """409."""

    message = (
        "Unable to complete operation on address scope {id}. There are one or more subnet pools in use on the "
        "address scope."
    )


class PortNotFound(NotFound):
    """404."""

    message = "Port {id} could not be found."


class PortInUse(Conflict):
    """409."""

    message = (
        "Unable to complete operation on port {id} for network {network}. Port already has an attached device {device}."
    )


class ServicePortInUse(Conflict):
    """409: something else owns the port."""

    message = "Port {id} cannot be deleted directly via the port API: {reason}."


class MacAddressInUse(Conflict):
    """409."""

    message = "Unable to complete operation for network {network}. The mac address {mac} is in use."


class IpAddressAlreadyAllocated(Conflict):
    """409."""

    message = "IP address {ip} already allocated in subnet {subnet}."


class IpAddressGenerationFailure(Conflict):
    """409: the network is full."""

    message = "No more IP addresses available on network {network}."


class ExternalIpAddressExhausted(BadRequest):
    """400."""

    message = "Unable to find any IP address on external network {network}."


class InvalidIpForSubnet(BadRequest):
    """400."""

    message = "IP address {ip} is not a valid IP for the specified subnet."


class InvalidIpForNetwork(BadRequest):
    """400."""

    message = "IP address {ip} is not a valid IP for any of the subnets on the specified network."


class AddressPairAndPortSecurityRequired(Conflict):
    """409."""

    message = "Port Security must be enabled in order to have allowed address pairs on a port."


class PortSecurityPortHasSecurityGroup(Conflict):
    """409."""

    message = (
        "Port has security group associated. Cannot disable port security or IP address until security group is "
        "removed."
    )


class PortSecurityAndIPRequiredForSecurityGroups(BadRequest):
    """400."""

    message = "Port security must be enabled and port must have an IP address in order to use security groups."


class RouterNotFound(NotFound):
    """404."""

    message = "Router {id} could not be found"


class RouterInUse(Conflict):
    """409."""

    message = "Router {id} still has ports"


class RouterInterfaceNotFound(NotFound):
    """404."""

    message = "Router {id} does not have an interface with id {port}"


class RouterInterfaceNotFoundForSubnet(NotFound):
    """404."""

    message = "Router {id} has no interface on subnet {subnet}"


class RouterInterfaceInUseByFloatingIP(Conflict):
    """409."""

    message = (
        "Router interface for subnet {subnet} on router {id} cannot be deleted, as it is required by one or more "
        "floating IPs."
    )


class RouterInterfaceInUseByRoute(Conflict):
    """409."""

    message = (
        "Router interface for subnet {subnet} on router {id} cannot be deleted, as it is required by one or more "
        "routes."
    )


class RouterExternalGatewayInUseByFloatingIp(Conflict):
    """409."""

    message = (
        "Gateway cannot be updated for router {id}, since a gateway to external network {network} is required by one "
        "or more floating IPs."
    )


class InvalidRoutes(BadRequest):
    """400."""

    message = "Invalid format for routes: {routes}, {reason}."


class FloatingIPNotFound(NotFound):
    """404."""

    message = "Floating IP {id} could not be found"


class ExternalGatewayForFloatingIPNotFound(NotFound):
    """404."""

    message = (
        "External network {network} is not reachable from subnet {subnet}.  Therefore, cannot associate Port {port} "
        "with a Floating IP."
    )


class FloatingIPPortAlreadyAssociated(Conflict):
    """409."""

    message = (
        "Cannot associate floating IP {address} ({id}) with port {port} using fixed IP {fixed}, as that fixed IP "
        "already has a floating IP on external network {network}."
    )


class SecurityGroupNotFound(NotFound):
    """404."""

    message = "Security group {id} does not exist"


class SecurityGroupInUse(Conflict):
    """409."""

    message = "Security Group {id} in use."


class SecurityGroupCannotRemoveDefault(Conflict):
    """409."""

    message = "Insufficient rights for removing default security group."


class SecurityGroupCannotUpdateDefault(Conflict):
    """409."""

    message = "Updating default security group not allowed."


class SecurityGroupDefaultAlreadyExists(Conflict):
    """409."""

    message = "Default security group already exists."


class SecurityGroupRuleNotFound(NotFound):
    """404."""

    message = "Security group rule {id} does not exist"


class SecurityGroupRuleExists(Conflict):
    """409."""

    message = "Security group rule already exists. Rule id is {id}."


class SecurityGroupRuleInvalid(BadRequest):
    """400; the words say what does not fit."""


class RbacPolicyNotFound(NotFound):
    """404."""

    message = "RBAC policy of type {kind} with ID {id} not found"


class DuplicateRbacPolicy(Conflict):
    """409."""

    message = "An RBAC policy already exists with those values."


class RbacPolicyInUse(Conflict):
    """409."""

    message = "RBAC policy on object {object} cannot be removed because other objects depend on it."


class AgentNotFound(NotFound):
    """404."""

    message = "Agent {id} could not be found."


class TagNotFound(NotFound):
    """404."""

    message = "Tag {tag} could not be found."


class NetworkAmbiguous(Conflict):
    """409: a server names no network and could have several; the words are Nova's."""

    message = "Multiple possible networks found, use a Network ID to be more specific."
