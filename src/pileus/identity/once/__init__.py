"""What may be used once: passcodes, assertions, nonces, sign-ins under way."""
