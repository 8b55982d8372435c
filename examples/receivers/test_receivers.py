"""The receivers, verified by the vendors' pacts: ``pytest examples/receivers``."""

from typing import Any

import fastapi_app
import flask_app


def test_the_receiver_in_flask(hookproof_pact: Any) -> None:
    """A provider state sets the secret."""

    def secret(params: dict[str, str]) -> None:
        flask_app.app.config["LUCIQ_SECRET"] = params["secret"]

    hookproof_pact(flask_app.app, vendor="luciq", path="/hooks/luciq", states={"the webhook secret is set": secret})


def test_the_receiver_in_fastapi(hookproof_pact: Any) -> None:
    """Credentials are set likewise."""

    def credentials(params: dict[str, str]) -> None:
        fastapi_app.app.state.credentials = f"{params['username']}:{params['password']}"

    states = {"the webhook credentials are set": credentials}
    hookproof_pact(fastapi_app.app, vendor="backtrace", path="/hooks/backtrace", states=states)
