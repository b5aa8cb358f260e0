"""A consumer of OAuth 1.0a, which signs its requests (RFC 5849), written without a look at the server's code."""

import base64
import hashlib
import hmac
import itertools
import time
from urllib.parse import quote

_NUMBERS = itertools.count(1)


def header(
    url: str,
    consumer: str,
    secret: str,
    token: str = "",
    token_secret: str = "",
    *,
    method: str = "POST",
    algorithm: str = "HMAC-SHA1",
    **more: str,
) -> str:
    """The Authorization header of a request to an address without a query."""
    oauth = {
        "oauth_consumer_key": consumer,
        "oauth_nonce": f"{next(_NUMBERS)}{time.time_ns()}",
        "oauth_signature_method": algorithm,
        "oauth_timestamp": str(int(time.time())),
        "oauth_version": "1.0",
        **({"oauth_token": token} if token else {}),
        **more,
    }
    pairs = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in oauth.items())
    parts = (method, url, "&".join(f"{k}={v}" for k, v in pairs))
    text = "&".join(quote(part, safe="~") for part in parts)
    key = f"{quote(secret, safe='~')}&{quote(token_secret, safe='~')}"
    kind = getattr(hashlib, algorithm.partition("-")[2].lower())
    oauth["oauth_signature"] = base64.b64encode(hmac.new(key.encode(), text.encode(), kind).digest()).decode()
    return "OAuth " + ", ".join(f'{quote(k, safe="~")}="{quote(v, safe="~")}"' for k, v in oauth.items())
