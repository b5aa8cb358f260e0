"""Compute's resources beside servers, in dictionaries."""

from pileus.compute.servers.around.neighbours import FlavorRecord, GroupRecord, KeypairRecord, Neighbours


class Near:
    """All neighbours in one object."""

    def __init__(self):
        self.flavor = {"1": FlavorRecord(id="1", name="m1.tiny", vcpus=1, ram=128, disk=1)}
        self.keypair = {"k": KeypairRecord("k", "ssh", "ssh-ed25519 AAAA me")}
        self.limit = {"instances": 10, "cores": 20, "ram": 51200, "metadata_items": 128}
        self.group = {}
        self.member = {}
        self.zone = {}
        self.neighbours = Neighbours(
            flavors=Finder(lambda _who, own: self.flavor.get(own)),
            keypairs=Finder(lambda _user, name: self.keypair.get(name)),
            quotas=self,
            groups=self,
            zones=self,
        )

    async def limits(self, tx, project_id, user_id):
        return self.limit

    async def find(self, tx, who, id):
        if id not in self.group:
            return None
        members = tuple(s for s, g in self.member.items() if g == id)
        return GroupRecord(id=id, policy=self.group[id], members=members)

    async def join(self, tx, group_id, server_id):
        self.member[server_id] = group_id

    async def leave(self, tx, server_id):
        self.member.pop(server_id, None)

    async def of_servers(self, tx, server_ids):
        return {s: g for s, g in self.member.items() if s in server_ids}

    async def of_hosts(self, tx):
        return self.zone

    async def names(self, tx):
        return {"nova", *self.zone.values()}


class Finder:
    """One of them."""

    def __init__(self, look):
        self._look = look

    async def find(self, tx, who, id):
        return self._look(who, id)
