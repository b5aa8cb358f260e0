"""What a credential is on the wire."""

from pileus.identity.listing import links
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class Credential(Schema, key="credential", history=HISTORY, extra="keep"):
    """Something to prove oneself with: an EC2 key, a TOTP seed, a certificate."""

    id = f.text("Identifier.", read_only=True)
    user_id = f.text("Whose it is.", most=64, required=True)
    project_id = f.text("The project that it is for.", nullable=True, most=64)
    type = f.text('What it is: "ec2", "totp", "cert", ….', least=1, required=True)
    blob = f.text("The secret itself.", most=None, required=True)
    links = links("credentials")
