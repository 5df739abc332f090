"""Short-lived signed tokens (JWT, EdDSA over Ed25519): how Kolba's services know who asks.

Two kinds that never pass for one another. Access tokens are given to people and are good at the web master only.
Internal tokens live for a minute at most and are good at every other service: the web master signs them for the person
it acts for, and each service signs its own where it acts for nobody.

    ring = keys.KeyRing("web_master", data_dir / "keys", published.KeyFolder(keys_dir), days=30)
    token = signing.Signer(ring).issue(kinds.ACCESS, subject="ada", groups=("client",), seconds=600)

    verifier = verifying.Verifier(published.KeyFolder(keys_dir), kinds.ACCESS)
    claims = verifier.verify(token)  # raises errors.InvalidToken, errors.ExpiredToken: 401

`opening.Tokens` does this from a service's settings.
"""
