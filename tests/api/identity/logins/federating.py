"""What tests of federation share: an identity provider's resources, and a browser that keeps cookies."""

import httpx

AUTH = "/v3/OS-FEDERATION/identity_providers/{}/protocols/{}/auth"
GROUPS = [
    {
        "local": [{"user": {"name": "{0}"}}, {"groups": "{1}", "domain": {"id": "default"}}],
        "remote": [{"type": "OIDC-preferred_username"}, {"type": "OIDC-groups"}],
    }
]


async def announce(admin, name, protocol, rules, *, remote_ids=(), version=None, **more):
    """Make a provider with one protocol and a mapping of its own."""
    mapping = {"rules": rules, **({"schema_version": version} if version else {})}
    answer = await admin.put(f"/v3/OS-FEDERATION/mappings/{name}", json={"mapping": mapping})
    assert answer.status_code == 201, answer.text
    path = f"/v3/OS-FEDERATION/identity_providers/{name}"
    body = {"identity_provider": {"enabled": True, "remote_ids": [*remote_ids], **more}}
    answer = await admin.put(path, json=body)
    assert answer.status_code == 201, answer.text
    answer = await admin.put(f"{path}/protocols/{protocol}", json={"protocol": {"mapping_id": name}})
    assert answer.status_code == 201, answer.text
    return path


class Browser:
    """Follows redirections by hand; addresses of the cloud go to the application, others to the network."""

    def __init__(self, cloud):
        self.cloud = httpx.AsyncClient(
            transport=httpx.ASGITransport(cloud.application), base_url="http://cloud", headers={"Accept": "text/html"}
        )
        self.world = httpx.AsyncClient()

    async def get(self, url):
        client = self.cloud if url.startswith(("http://cloud", "/")) else self.world
        return await client.get(url)
