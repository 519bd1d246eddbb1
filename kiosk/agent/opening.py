"""Opens a TCP or TLS connection without a thread, so that a deadline or a cancel ends it at once.

paho opens its own in a blocking call: TCP and handshake each have its timeout, and nobody can
break it off.
"""

import asyncio
import socket
import ssl


async def open_connection(host: str, port: int, tls: ssl.SSLContext | None) -> socket.socket:
    """A connected, non-blocking socket. Raises OSError (ssl.SSLError is one).

    Cancelling leaves nothing open.
    """
    connection = await _reach(host, port)
    if tls is None:
        return connection
    try:
        secured = tls.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)
    except BaseException:
        connection.close()
        raise
    try:
        await _shake_hands(secured)
    except BaseException:
        secured.close()
        raise
    return secured


async def _reach(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    failure: OSError = OSError("the name has no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        connection = socket.socket(family, kind, protocol)
        connection.setblocking(False)
        try:
            await loop.sock_connect(connection, address)
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure


async def _shake_hands(secured: ssl.SSLSocket) -> None:
    loop = asyncio.get_running_loop()
    while True:
        ready = asyncio.Event()
        try:
            secured.do_handshake()
        except ssl.SSLWantReadError:
            loop.add_reader(secured, ready.set)
        except ssl.SSLWantWriteError:
            loop.add_writer(secured, ready.set)
        else:
            return
        try:
            await ready.wait()
        finally:
            loop.remove_reader(secured)
            loop.remove_writer(secured)
