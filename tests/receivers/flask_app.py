"""The receiver in Flask."""

from __future__ import annotations

import adapter
from flask import Flask, Response, request

receiver, port = adapter.from_arguments()
app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = adapter.LIMIT


@app.route("/hook", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def hook() -> Response:
    """The raw body is read before anything parses it."""
    body = request.get_data(cache=False, parse_form_data=False)
    status, answer, kind = adapter.decide(receiver, request.method, request.headers.items(), body)
    return Response(answer, status, content_type=kind)


@app.get("/events")
def events() -> Response:
    """What was stored."""
    return Response(adapter.events(receiver), content_type="application/json")


if __name__ == "__main__":
    app.run("127.0.0.1", port, threaded=True)
