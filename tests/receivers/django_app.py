"""The receiver in Django, on ASGI: under WSGI Django does not read bodies in chunks."""

from __future__ import annotations

import adapter
import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

receiver, port = adapter.from_arguments()


@csrf_exempt
def hook(request: HttpRequest) -> HttpResponse:
    """A vendor has no token against forgery; its signature is checked instead."""
    status, answer, kind = adapter.decide(receiver, request.method or "", request.headers.items(), request.body)
    return HttpResponse(answer, status=status, content_type=kind)


def events(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 (Django passes it)
    """What was stored."""
    return HttpResponse(adapter.events(receiver), content_type="application/json")


urlpatterns = [path("hook", hook), path("events", events)]

if __name__ == "__main__":
    settings.configure(
        ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], DATA_UPLOAD_MAX_MEMORY_SIZE=adapter.LIMIT, SECRET_KEY="unused"
    )
    django.setup()
    uvicorn.run(adapter.limited(get_asgi_application()), host="127.0.0.1", port=port, log_level="critical")
