"""A small real name server on loopback, for texts in the DNS."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rrset

Answer = Callable[[dns.message.Message], bytes | None]
"""From a query to the answer's octets; None is silence."""


@contextmanager
def server(answer: Answer) -> Iterator[tuple[tuple[str, int], ...]]:
    """A name server that answers each query with what `answer(query)` makes of it; None is silence."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.2)
        stopping = threading.Event()

        def work() -> None:
            while not stopping.is_set():
                try:
                    octets, peer = listening.recvfrom(4096)
                except TimeoutError:
                    continue
                if (made := answer(dns.message.from_wire(octets))) is not None:
                    listening.sendto(made, peer)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield (("127.0.0.1", listening.getsockname()[1]),)
        finally:
            stopping.set()
            thread.join()


def texts(*values: str) -> Answer:
    """These texts at every name; none without any."""

    def answer(query: dns.message.Message) -> bytes:
        made = dns.message.make_response(query)
        made.flags |= dns.flags.RA
        if values:
            made.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "TXT", *values))
        return made.to_wire()

    return answer
