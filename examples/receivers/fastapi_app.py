"""A receiver of Backtrace's webhook in FastAPI."""

import base64
import hmac
import json
import os

from fastapi import FastAPI, Request, Response

app = FastAPI()
app.state.credentials = os.environ.get("BACKTRACE_CREDENTIALS", "")


@app.post("/hooks/backtrace")
async def backtrace(request: Request) -> Response:
    """Accept what carries the credentials that were typed in at the vendor."""
    expected = "Basic " + base64.b64encode(request.app.state.credentials.encode()).decode()
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        return Response(status_code=401)
    try:
        json.loads(await request.body())
    except (ValueError, RecursionError):
        return Response(status_code=400)
    return Response(status_code=204)
