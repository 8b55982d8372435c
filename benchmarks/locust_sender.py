"""Sends the same requests as the mock server with Locust's FastHttpUser, and prints how many a second."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402 (gevent comes first)
import time  # noqa: E402

import gevent  # noqa: E402
from locust.contrib.fasthttp import FastHttpUser  # noqa: E402
from locust.env import Environment  # noqa: E402

from hookproof.contracts import default_library  # noqa: E402
from hookproof.generator import Generator, Options  # noqa: E402

URL, COUNT, READY_MADE = sys.argv[1].rstrip("/"), int(sys.argv[2]), sys.argv[3] == "ready-made"
SENDERS, WARM_UP = 16, 200


class User(FastHttpUser):  # type: ignore[misc]
    """One of the senders."""

    host = URL


def main() -> None:
    """Send, and print the rate."""
    generator = Generator(*default_library().event("luciq.crash"), 0, Options(secret="d8yyxj7srjqf5xyih8ay"))
    made = map(generator.request, range(WARM_UP + COUNT))
    requests = iter(list(made)) if READY_MADE else made
    environment = Environment(user_classes=[User])

    def send(share: int | None) -> None:
        user = User(environment)
        for number, request in enumerate(requests, 1):
            answer = user.client.post("/", data=request.body, headers=dict(request.headers))
            assert answer.status_code == 200
            if number == share:
                return

    gevent.joinall([gevent.spawn(send, WARM_UP // SENDERS) for _ in range(SENDERS)], raise_error=True)
    began = time.perf_counter()
    gevent.joinall([gevent.spawn(send, None) for _ in range(SENDERS)], raise_error=True)
    print(COUNT / (time.perf_counter() - began))


if __name__ == "__main__":
    main()
