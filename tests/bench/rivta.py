"""What calls of the contracts cost: `.venv/bin/python -m tests.bench.rivta [SECONDS]`, from the repository's root.

The listener runs in a process of its own, with real mutual TLS and a store on SQLite; four clients keep their connections and
call without a pause. Figures are calls per CPU-second of that process (user and system); nothing is asserted here. The floor is
the same listener answering octets that it does not look at.
"""

import gc
import json
import multiprocessing
import resource
import socket
import ssl
import sys
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

from broker.exchange import Reply
from tests.support import care_values as a
from tests.support.databases import NOW
from tests.support.rivta import JOURNAL, certificate, envelope, root, running

B = "urn:riv:informationsecurity:authorization:blocking"
L = "urn:riv:informationsecurity:auditing:log"
CLIENTS = 4


def check_blocks(rows: int) -> bytes:
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - 86_400))
    entity = "".join(
        f"<r:informationEntities><t:informationStartDate>{when}</t:informationStartDate><t:informationEndDate>{when}"
        f"</t:informationEndDate><t:informationCareUnitId>{a.UNIT}</t:informationCareUnitId><t:informationCareProviderId>"
        f"{a.PROVIDER}</t:informationCareProviderId><t:rowNumber>{number}</t:rowNumber></r:informationEntities>"
        for number in range(rows)
    )
    return envelope(
        f'<r:CheckBlocks xmlns:r="{B}:CheckBlocksResponder:4" xmlns:t="{B}:4"><r:accessingActor><t:employeeId>{a.DOCTOR}'
        f"</t:employeeId><t:careProviderId>{a.PROVIDER}</t:careProviderId><t:careUnitId>{a.OTHER_UNIT}</t:careUnitId>"
        f"</r:accessingActor><r:patientId><t:root>{a.PATIENT.oid}</t:root><t:extension>{a.PATIENT.value}</t:extension>"
        f"</r:patientId>{entity}</r:CheckBlocks>"
    )


def store_log(records: int) -> bytes:
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - 60))
    provider = f"<t:careProvider><t:careProviderId>{a.PROVIDER}</t:careProviderId></t:careProvider>"
    unit = f"<t:careUnit><t:careUnitId>{a.UNIT}</t:careUnitId></t:careUnit>"
    patient = f"<t:root>{a.PATIENT.oid}</t:root><t:extension>{a.PATIENT.value}</t:extension>"
    log = "".join(
        f"<r:log><t:logId>{a.new_id()}</t:logId><t:system><t:systemId>{JOURNAL}</t:systemId></t:system><t:activity>"
        f"<t:activityType>Läsa</t:activityType><t:startDate>{when}</t:startDate><t:purpose>Vård och behandling</t:purpose>"
        f"</t:activity><t:user><t:userId>{a.NURSE}</t:userId>{provider}{unit}</t:user><t:resources><t:resource>"
        f"<t:resourceType>Journaltext</t:resourceType><t:patient><t:patientId>{patient}</t:patientId></t:patient>{provider}"
        f"</t:resource></t:resources></r:log>"
        for _ in range(records)
    )
    return envelope(f'<r:StoreLog xmlns:r="{L}:StoreLogResponder:2" xmlns:t="{L}:2">{log}</r:StoreLog>')


CASES = {
    "nothing (floor)": ("/rivta/CheckBlocks/4", "", lambda: b""),
    "CheckBlocks, 1 row, 5 blocks": (
        "/rivta/CheckBlocks/4",
        f"{B}:CheckBlocksResponder:4:CheckBlocks",
        lambda: check_blocks(1),
    ),
    "CheckBlocks, 50 rows, 5 blocks": (
        "/rivta/CheckBlocks/4",
        f"{B}:CheckBlocksResponder:4:CheckBlocks",
        lambda: check_blocks(50),
    ),
    "StoreLog, 500 records": ("/rivta/StoreLog/2", f"{L}:StoreLogResponder:2:StoreLog", lambda: store_log(500)),
}


def serve(folder: str, pipe: Connection) -> None:
    """The server's process: says its CPU time whenever it is asked."""
    server = running(Path(folder))
    for _ in range(5):
        from broker.care.changes import SaveBlock
        from broker.login.effects import Effects

        server.store.commit(Effects((SaveBlock(a.block(), "p1"),)))
    server.files(certificate(JOURNAL))
    plain = server.listener._answer
    server.listener._answer = lambda request, der: plain(request, der) if request.body else Reply(200)
    pipe.send((server.listener.port, str(server.files(certificate(JOURNAL)))))
    gc.collect()
    gc.freeze()  # as the broker does when it has started
    while pipe.recv():
        used = resource.getrusage(resource.RUSAGE_SELF)
        pipe.send(used.ru_utime + used.ru_stime)
    server.stop()


def call(tls: ssl.SSLSocket, octets: bytes) -> None:
    tls.sendall(octets)
    got = tls.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += tls.recv(65536)
    if not head.startswith(b"HTTP/1.1 200") or b"VALIDATION" in body or b"DENIED" in body:
        raise RuntimeError(body[:300])


def calling(context: ssl.SSLContext, port: int, case: str, ends: float, counts: list[int]) -> None:
    path, action, make = CASES[case]
    count = left = 0
    tls = None
    while time.monotonic() < ends:
        if not left:
            tls = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
            left = 900
        body = make()
        fields = (
            "Host: x",
            "Content-Type: text/xml",
            f'SOAPAction: "{action}"',
            f"Content-Length: {len(body)}",
            "",
            "",
        )
        head = "\r\n".join((f"POST {path} HTTP/1.1", *fields))
        assert tls is not None
        call(tls, head.encode() + body)
        count, left = count + 1, left - 1
    counts.append(count)


def main(seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(target=serve, args=(folder, there))
        process.start()
        port, files = here.recv()
        context = ssl.create_default_context(cafile=Path(folder) / "ca.pem")
        context.load_cert_chain(files)
        rates = {}
        for case in CASES:
            rates[case] = _rate(here, context, port, case, seconds)
        here.send(False)
        process.join()
    return rates


def _rate(pipe: Connection, context: ssl.SSLContext, port: int, case: str, seconds: float) -> float:
    for budget in (seconds / 5, seconds):
        pipe.send(True)
        before, counts = pipe.recv(), []
        ends = time.monotonic() + budget
        threads = [threading.Thread(target=calling, args=(context, port, case, ends, counts)) for _ in range(CLIENTS)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        pipe.send(True)
        spent = pipe.recv() - before
    return round(sum(counts) / spent, 1)


if __name__ == "__main__":
    root()
    print(json.dumps(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0), indent=2))  # noqa: T201  # the figures
