"""SAML 2: assertions that this cloud hands out (Keystone to Keystone), brought to it as to another, and attacks on them."""

import base64
import re
from urllib.parse import urlencode

import pytest
from msgspec import structs
from tests.api.identity.logins.federating import AUTH, Browser, announce

from pileus.identity.settings import FederationSettings, SamlSettings

ACS = "http://cloud/identity/v3/auth/OS-FEDERATION/saml2/acs"
PAOS = {"Content-Type": "application/vnd.paos+xml"}
RULES = [
    {
        "local": [{"user": {"name": "{0}"}}, {"groups": "{1}", "domain": {"id": "default"}}],
        "remote": [{"type": "openstack_user"}, {"type": "openstack_project"}],
    }
]


@pytest.fixture
def settings(settings, tmp_path):
    known = {"peer": SamlSettings(metadata=str(tmp_path / "peer.xml"))}
    federation = FederationSettings(saml=known, trusted_dashboards=("http://dashboard/",))
    return structs.replace(settings, federation=federation)


@pytest.fixture
async def message(cloud, admin, tmp_path):
    """A message for programs, made by this cloud for a cloud that has this one's own metadata as its provider's."""
    shown = await cloud.http.get("/v3/OS-FEDERATION/saml2/metadata")
    assert shown.status_code == 200, shown.text
    (tmp_path / "peer.xml").write_bytes(shown.content)
    entity = re.search(r'entityID="([^"]+)"', shown.text)[1]
    await announce(admin, "peer", "saml2", RULES, remote_ids=[entity])
    body = {"service_provider": {"auth_url": "http://cloud/auth", "sp_url": ACS, "enabled": True}}
    assert (await admin.put("/v3/OS-FEDERATION/service_providers/peer", json=body)).status_code == 201
    token = (await cloud.auth("demo", "demo-secret", "demo")).headers["X-Subject-Token"]
    auth = {"identity": {"methods": ["token"], "token": {"id": token}}, "scope": {"service_provider": {"id": "peer"}}}
    answer = await cloud.http.post("/v3/auth/OS-FEDERATION/saml2/ecp", json={"auth": auth})
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-sp-url"] == ACS
    return answer.text


async def bring(cloud, text):
    return await cloud.http.post(ACS, content=text, headers=PAOS)


async def test_a_user_of_another_cloud(cloud, message):
    answer = await bring(cloud, message)
    assert answer.status_code == 302, answer.text
    token = await cloud.http.get(answer.headers["Location"])
    assert token.status_code == 201, token.text
    assert token.json()["token"]["user"]["OS-FEDERATION"]["identity_provider"] == {"id": "peer"}
    assert token.json()["token"]["user"]["name"] == "demo"
    assert (await bring(cloud, message)).status_code == 401


def swapped(text, old, new):
    assert old in text
    return text.replace(old, new)


def assertion(text):
    return re.search(r"<saml:Assertion.*</saml:Assertion>", text, re.DOTALL)[0]


def forged(text):
    """The assertion about somebody else, under an id of its own."""
    other = re.sub(r' ID="[^"]+"', ' ID="_forged"', assertion(text).replace(">demo<", ">admin<"), count=1)
    return re.sub(r"<ds:Signature.*</ds:Signature>", "", other, flags=re.DOTALL)


ATTACKS = {
    "another user": lambda t: swapped(t, ">demo<", ">admin<"),
    "no signature": lambda t: re.sub(r"<ds:Signature.*</ds:Signature>", "", t, flags=re.DOTALL),
    "a second assertion before": lambda t: swapped(t, assertion(t), forged(t) + assertion(t)),
    "a second assertion after": lambda t: swapped(t, assertion(t), assertion(t) + forged(t)),
    "the signed one inside of another": lambda t: swapped(
        t, assertion(t), forged(t).replace("</saml:Assertion>", assertion(t) + "</saml:Assertion>")
    ),
    "the signed one in the header": lambda t: swapped(
        t.replace("</S:Header>", assertion(t) + "</S:Header>"),
        "</S:Header>" + t.split("</S:Header>")[1],
        "</S:Header>" + t.split("</S:Header>")[1].replace(assertion(t), forged(t)),
    ),
    "the reference of another": lambda t: re.sub(r'URI="#[^"]+"', 'URI=""', t),
    "a weak algorithm": lambda t: t.replace("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1"),
    "a document type": lambda t: '<!DOCTYPE x [<!ENTITY e "demo">]>' + t,
    "for another place": lambda t: swapped(t, f'Recipient="{ACS}"', 'Recipient="http://other/acs"'),
    "a destination elsewhere": lambda t: re.sub(r'Destination="[^"]+"', 'Destination="http://other/"', t),
    "not a success": lambda t: swapped(t, "status:Success", "status:Requester"),
    "a comment in a name": lambda t: swapped(t, ">demo<", ">de<!-- -->mo2<"),
    "no assertion": lambda t: swapped(t, assertion(t), ""),
    "rubbish": lambda t: t[: len(t) // 2],
}


@pytest.mark.parametrize("what", ATTACKS)
async def test_attacks(cloud, message, what):
    assert (await bring(cloud, ATTACKS[what](message))).status_code == 401
    assert (await bring(cloud, message)).status_code == 302


async def test_a_form_needs_a_login_that_began_here(cloud, message):
    response = re.search(r"<samlp:Response.*</samlp:Response>", message, re.DOTALL)[0]
    form = {"SAMLResponse": base64.b64encode(response.encode()).decode(), "RelayState": "x"}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await cloud.http.post(ACS, content=urlencode(form), headers=kind)).status_code == 401


async def test_an_assertion_is_no_longer_taken_when_the_provider_is_disabled(cloud, admin, message):
    body = {"identity_provider": {"enabled": False}}
    await admin.patch("/v3/OS-FEDERATION/identity_providers/peer", json=body)
    answer = await bring(cloud, message)
    assert (await cloud.http.get(answer.headers["Location"])).status_code == 403


async def test_a_program_is_given_a_request(cloud, message):
    headers = {"Accept": "application/vnd.paos+xml", "PAOS": 'ver="urn:liberty:paos:2003-08"'}
    answer = await cloud.http.get(AUTH.format("peer", "saml2"), headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/vnd.paos+xml"
    assert f'responseConsumerURL="{ACS}"' in answer.text


async def test_a_provider_without_a_page_cannot_be_sent_to(cloud, message):
    answer = await Browser(cloud).get("/v3/auth/OS-FEDERATION/websso/saml2?origin=http://dashboard/")
    assert answer.status_code == 401


async def test_delegations_get_no_assertion(cloud, admin, message):
    token = (await cloud.auth("demo", "demo-secret", "unscoped")).headers["X-Subject-Token"]
    auth = {"identity": {"token": {"id": token}}, "scope": {"service_provider": {"id": "peer"}}}
    assert (await cloud.http.post("/v3/auth/OS-FEDERATION/saml2", json={"auth": auth})).status_code == 403
