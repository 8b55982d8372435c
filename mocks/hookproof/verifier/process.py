"""The receiver's process, where the verifier owns it: started, killed without warning, started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import socket
import tempfile
import time
from typing import IO

from hookproof.verifier.model import VerifierError

PATIENCE = 20.0
"""How many seconds a command has to open its port."""

PORT = "{port}"
SECRET = "{secret}"  # noqa: S105 (the place for one, not a secret)


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Process:
    """Runs a command that serves the receiver.

    ``{port}`` and ``{secret}`` in the command are replaced; both are also in its environment, as ``PORT`` and
    ``HOOKPROOF_SECRET``.
    """

    def __init__(self, command: str, host: str, port: int, secret: str | None) -> None:
        self.command = command
        self.host = host
        self.port = port
        self.secret = secret
        self._process: asyncio.subprocess.Process | None = None
        self._output: IO[bytes] | None = None

    @property
    def knows_secret(self) -> bool:
        """Whether the command says where the secret goes."""
        return SECRET in self.command

    async def start(self, secret: str | None = None) -> None:
        """Start the command and wait until its port is open; ``secret`` replaces the one that is right.

        Raises:
            VerifierError: it ends, or opens no port in time; the text has the end of its output.
        """
        given = self.secret if secret is None else secret
        command = self.command.replace(PORT, str(self.port)).replace(SECRET, shlex.quote(given or ""))
        environment = {**os.environ, "PORT": str(self.port), "HOOKPROOF_SECRET": given or ""}
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the process)
        self._process = await asyncio.create_subprocess_shell(
            command, stdin=asyncio.subprocess.DEVNULL, stdout=self._output, stderr=self._output,
            env=environment, start_new_session=True,
        )  # fmt: skip
        ends = time.monotonic() + PATIENCE
        while not self._open():
            if self._process.returncode is not None:
                problem = f"--start: the command ended with {self._process.returncode}: {self._said()}"
                await self.kill()
                raise VerifierError(problem)
            if time.monotonic() > ends:
                problem = f"--start: port {self.port} did not open within {PATIENCE:g} s: {self._said()}"
                await self.kill()
                raise VerifierError(problem)
            await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """End the process and all its children at once, as a crash would."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        self._process = None
        if self._output is not None:
            self._output.close()
            self._output = None
        ends = time.monotonic() + 2
        while self._open() and time.monotonic() < ends:
            await asyncio.sleep(0.02)

    async def restart(self, secret: str | None = None) -> None:
        """Kill and start again. Raises as :meth:`start`."""
        await self.kill()
        await self.start(secret)

    def _open(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), 0.2):
            return True
        return False

    def _said(self) -> str:
        if self._output is None:
            return ""
        self._output.seek(0)
        return " ".join(self._output.read().decode("utf-8", "replace").split())[-300:] or "it printed nothing"
