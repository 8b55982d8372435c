"""The receiver in FastAPI."""

from __future__ import annotations

import adapter
import uvicorn
from fastapi import FastAPI, Request, Response

receiver, port = adapter.from_arguments()
app = FastAPI(openapi_url=None)


@app.api_route("/hook", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def hook(request: Request) -> Response:
    """No model in the signature: it would be checked before the body's signature is."""
    body = await request.body()
    status, answer, kind = adapter.decide(receiver, request.method, request.headers.items(), body)
    return Response(answer, status, media_type=kind)


@app.get("/events")
def events() -> Response:
    """What was stored."""
    return Response(adapter.events(receiver), media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(adapter.limited(app), host="127.0.0.1", port=port, log_level="critical")
