"""An OpenID provider that says whatever a test wants: true and false, signed by its own key or another."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa


class Provider:
    """The provider; use it in a `with`.

    Attributes:
        opaque: what introspection answers, by token.
        code: what the token endpoint answers.
        forms: what was sent to the token endpoint.
    """

    def __init__(self, client="pileus"):
        self.client = client
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.opaque, self.code, self.forms, self.profile = {}, {}, [], {}
        self.extra_configuration = {}

    def __enter__(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self, body, status=200):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                if self.path == "/userinfo":
                    token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                    self.answer(provider.profile.get(token, {}), 200 if token in provider.profile else 401)
                else:
                    self.answer(provider.configuration() if "well-known" in self.path else provider.keys())

            def do_POST(self):
                size = int(self.headers.get("Content-Length", 0))
                form = {name: values[0] for name, values in parse_qs(self.rfile.read(size).decode()).items()}
                provider.forms.append({**form, "authorization": self.headers.get("Authorization", "")})
                if self.path == "/introspect":
                    self.answer(provider.opaque.get(form["token"], {"active": False}))
                else:
                    self.answer(provider.code, 200 if provider.code else 400)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def configuration(self):
        places = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "jwks_uri": "/jwks",
            "userinfo_endpoint": "/userinfo",
            "introspection_endpoint": "/introspect",
        }
        own = {name: self.issuer + path for name, path in places.items()}
        return {"issuer": self.issuer, **own, **self.extra_configuration}

    def keys(self):
        of_rsa = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        of_ec = jwt.algorithms.ECAlgorithm.to_jwk(self.ec.public_key(), as_dict=True)
        return {"keys": [{**of_rsa, "kid": "rsa", "use": "sig"}, {**of_ec, "kid": "ec", "use": "sig"}]}

    def claims(self, **changes):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client, "sub": "alice", "iat": now, "exp": now + 300}
        claims |= {"preferred_username": "alice", "groups": ["ops", "dev"]}
        return {name: value for name, value in {**claims, **changes}.items() if value is not None}

    def token(self, *, key=None, algorithm="RS256", kid="rsa", head=None, **changes):
        headers = {**({"kid": kid} if kid else {}), **(head or {})}
        return jwt.encode(self.claims(**changes), self.key if key is None else key, algorithm, headers)
