"""A small client of the public APIs, for what Pileus itself asks of a cloud as any user would."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

Json = Any


class Refused(Exception):
    """The API answered with an error.

    Attributes:
        status: of the answer.
    """

    def __init__(self, method: str, url: str, status: int, text: str) -> None:
        super().__init__(f"{method} {url} was answered with {status}: {text[:500]}")
        self.status = status


class ApiClient:
    """Calls services of one cloud as one user.  Every call blocks.

    Args:
        clouds: clouds.yaml.
        cloud: the user's entry in it.
    """

    def __init__(self, clouds: Path, cloud: str) -> None:
        self._cloud = yaml.safe_load(clouds.read_text())["clouds"][cloud]
        self._endpoints: dict[str, str] = {}
        self._token = ""
        self.project_id = ""

    def login(self) -> None:
        """Get a token and the addresses of the services.

        Raises:
            Refused: the password is wrong.
        """
        auth = self._cloud["auth"]
        domain = {"name": auth["user_domain_name"]}
        user = {"name": auth["username"], "password": auth["password"], "domain": domain}
        scope = {"project": {"name": auth["project_name"], "domain": {"name": auth["project_domain_name"]}}}
        identity = {"methods": ["password"], "password": {"user": user}}
        body = {"auth": {"identity": identity, "scope": scope}}
        token, headers = self._send("POST", auth["auth_url"].rstrip("/") + "/auth/tokens", body, {})
        self._token = headers["X-Subject-Token"]
        self.project_id = token["token"]["project"]["id"]
        for service in token["token"]["catalog"]:
            for endpoint in service["endpoints"]:
                if endpoint["interface"] == "public":
                    self._endpoints[service["type"]] = endpoint["url"].rstrip("/")

    def call(self, method: str, service: str, path: str, body: Json = None, version: str = "") -> Json:
        """One request; the answer's JSON, None if there is none.

        Args:
            path: below the service's address in the catalog.
            version: a microversion ("compute 2.90").

        Raises:
            Refused: the answer is an error.
        """
        headers = {"X-Auth-Token": self._token, "Accept": "application/json"}
        if version:
            headers["OpenStack-API-Version"] = version
        return self._send(method, self._endpoints[service] + path, body, headers)[0]

    def upload(self, service: str, path: str, file: Path) -> None:
        """Send a file's bytes.

        Raises:
            Refused: the answer is an error.
        """
        with file.open("rb") as data:
            request = urllib.request.Request(  # noqa: S310 - an address from the cloud's own catalog
                self._endpoints[service] + path,
                data=data,
                method="PUT",
                headers={
                    "X-Auth-Token": self._token,
                    "Content-Type": "application/octet-stream",
                    "Content-Length": str(file.stat().st_size),
                },
            )
            self._open(request)

    def one(self, service: str, path: str, key: str, name: str) -> Json:
        """The resource of a name in a list, or None."""
        return next((item for item in self.call("GET", service, path)[key] if item["name"] == name), None)

    def _send(self, method: str, url: str, body: Json, headers: Mapping[str, str]) -> tuple[Json, Any]:
        data = None if body is None else json.dumps(body).encode()
        more = {} if body is None else {"Content-Type": "application/json"}
        request = urllib.request.Request(url, data=data, method=method, headers={**headers, **more})  # noqa: S310
        return self._open(request)

    def _open(self, request: urllib.request.Request) -> tuple[Json, Any]:
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                content = answer.read()
                return (json.loads(content) if content else None), answer.headers
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            raise Refused(request.get_method(), request.full_url, error.code, text) from None
