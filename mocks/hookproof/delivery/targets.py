"""Where requests may be sent: loopback, and what was explicitly allowed; link-local and metadata addresses never."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from hookproof.errors import TargetError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Addresses at which clouds hand out credentials; some of them are not link-local.
_METADATA = {
    ipaddress.ip_address(address)
    for address in ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192")
}


@dataclass(frozen=True, slots=True)
class Target:
    """A checked place to send to.

    Attributes:
        host: the host as it stands in the URL, for the ``Host`` header and TLS.
        addresses: the addresses it resolved to; connections go to these and are never resolved again.
        path: path and query, as they stand in the request line.
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def authority(self) -> str:
        """The value of the ``Host`` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """Read a URL, without resolving it.

    Raises:
        TargetError: it is not an http or https URL with a host.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetError(f"{url!r} is not a URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise TargetError(f"{url!r} is not a URL to send to; expected one like http://127.0.0.1:8000/hooks")
    if parts.username is not None or parts.password is not None:
        raise TargetError("the URL carries a user name or password; give credentials with --basic or --header")
    if any(character <= " " or character == "\x7f" for character in url):
        raise TargetError(f"{url!r} has blanks or control characters in it")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (f"?{parts.query}" if parts.query else "")
    default = 443 if parts.scheme == "https" else 80
    return Target(url, parts.scheme, parts.hostname, default if port is None else port, path, ())


async def resolve(url: str, allowed: Sequence[str] = ()) -> Target:
    """Resolve a URL and check every address it resolves to.

    Args:
        allowed: hosts, ``host:port`` or networks in CIDR notation that may be sent to, besides loopback.

    Raises:
        TargetError: the host does not resolve, or an address is not allowed.
    """
    target = parse(url)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TargetError(f"the host {target.host!r} cannot be resolved: {error}") from error
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        check(target, ipaddress.ip_address(address.partition("%")[0]), allowed)
    return Target(target.url, target.scheme, target.host, target.port, target.path, addresses)


def check(target: Target, address: Address, allowed: Sequence[str]) -> None:
    """Check one address of a target.

    Raises:
        TargetError: nothing may be sent there.
    """
    plain = getattr(address, "ipv4_mapped", None) or address
    if plain.is_link_local or plain in _METADATA or plain.is_multicast or plain.is_unspecified:
        raise TargetError(f"{target.host} is at {plain}, a link-local, metadata or similar address: never a target")
    if plain.is_loopback or any(_allows(entry, target, plain) for entry in allowed):
        return
    where = target.host if target.host == str(plain) else f"{target.host} ({plain})"
    raise TargetError(f"{where} is not on loopback; add --allow-target {target.host} if you mean to send there")


def _allows(entry: str, target: Target, address: Address) -> bool:
    if entry.lower() in (target.host, f"{target.host}:{target.port}"):
        return True
    try:
        return address in ipaddress.ip_network(entry)
    except ValueError:
        return False
