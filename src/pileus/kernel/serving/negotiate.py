"""Choosing the version of a request from its headers, and naming it in the answer."""

from collections.abc import Mapping
from typing import Any

from pileus.kernel.api.errors import BadRequest, NotAcceptable
from pileus.kernel.api.versions import History, number, text


def version(history: History, headers: Mapping[str, str]) -> int:
    """The request's version: what its headers ask for, the minimum without them.

    Source: API-WG microversion guideline.

    Raises:
        BadRequest: the header is not a version.
        NotAcceptable: this service does not offer it.
    """
    if not history.has_versions:
        return history.maximum
    asked = ""
    for entry in headers.get("openstack-api-version", "").split(","):
        service, _, wanted = entry.strip().partition(" ")
        if service == history.service:
            asked = wanted.strip()
    if not asked and history.legacy_header:
        asked = headers.get(history.legacy_header, "").strip()
    if not asked:
        return history.minimum
    if asked == "latest":
        return history.maximum
    try:
        chosen = number(asked)
    except ValueError:
        raise BadRequest(
            f"API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum."
        ) from None
    if not history.minimum <= chosen <= history.maximum:
        raise NotAcceptable(
            f"Version {asked} is not supported by the API. Minimum is {text(history.minimum)} "
            f"and maximum is {text(history.maximum)}.",
            minimum=text(history.minimum),
            maximum=text(history.maximum),
        )
    return chosen


def mark(call: Any, headers: dict[str, str]) -> None:
    """Name the version in the answer's headers."""
    history: History = call.service.history
    if not history.has_versions or not call.version:
        return
    shown = text(call.version)
    headers["OpenStack-API-Version"] = f"{history.service} {shown}"
    headers["Vary"] = history.vary
    if history.legacy_name:
        headers[history.legacy_name] = shown
        headers["Vary"] += f", {history.legacy_name}"
