"""OAuth 2.0: tokens for programs that show an application credential or a certificate (client credentials)."""
