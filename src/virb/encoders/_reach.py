"""Whether published weights can be fetched at all: asked in a second, where the libraries try for most of a minute."""

import socket
import urllib.request
from urllib.parse import urlsplit

from virb.errors import UserError


def require_host(url: str, name: str, remedy: str) -> None:
    """Refuse at once when the host of ``url`` cannot be found.

    Behind a proxy the host need not resolve from here, so nothing is asked.

    Raises:
        UserError: the host's name does not resolve.
    """
    if urllib.request.getproxies():
        return
    host = urlsplit(url).hostname or ""
    try:
        socket.getaddrinfo(host, 443)
    except OSError as error:
        why = error.strerror or error
        raise UserError(
            f"The weights of '{name}' are not on this machine, and {host} cannot be reached ({why}).", remedy
        ) from error
