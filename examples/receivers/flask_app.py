"""A receiver of Luciq's webhook in Flask."""

import hashlib
import hmac
import os

from flask import Flask, Response, request

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 5_000_000
app.config["LUCIQ_SECRET"] = os.environ.get("LUCIQ_SECRET", "")


@app.post("/hooks/luciq")
def luciq() -> Response:
    """Accept what is signed over the bytes as they came."""
    secret: str = app.config["LUCIQ_SECRET"]
    expected = hmac.new(secret.encode(), request.get_data(), hashlib.sha256).hexdigest()
    given = request.headers.get("x-lcq-signature-256", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        return Response(status=401)
    return Response(status=204)
