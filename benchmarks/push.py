"""How many push messages one worker process hands over a second, and how much memory that takes.

python benchmarks/push.py [messages]        Bars of issue 5: at least 300 a second, under 200 MB.

The push service is a process of its own behind TLS: it reads each request whole and answers 201. Messages go through the same
Carrier as in the worker: encrypted for as many devices as there are messages, in batches of 50 over one connection each.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import resource
import ssl
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from planner import config
from planner.delivery import Action, Message, web_push
from planner.delivery.push_crypto import encoded

BATCH = 50
NOW = datetime.now(UTC)


def sink(certificate: str, pipe: Connection) -> None:
    """Serve until told to stop, then say how many messages and bytes came."""
    asyncio.run(_sink(certificate, pipe))


async def _sink(certificate: str, pipe: Connection) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    taken = [0, 0]

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                )
                body = await reader.readexactly(length)
                taken[0], taken[1] = taken[0] + 1, taken[1] + len(body)
                writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
    pipe.send(server.sockets[0].getsockname()[1])
    await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
    pipe.send(tuple(taken))
    server.close()


def messages(port: int, count: int) -> list[Message]:
    """One message for each of so many devices."""
    made = []
    for n in range(count):
        point = ec.generate_private_key(ec.SECP256R1()).public_key()
        keys = {
            "p256dh": encoded(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)),
            "auth": encoded(os.urandom(16)),
        }
        to = json.dumps({"endpoint": f"https://localhost:{port}/send/{n}", "keys": keys})
        actions = (Action("paid", "已还", "/r/paid/x"), Action("options", "看看办法", "/r/options/x"))
        made.append(
            Message(
                to, "稳步：12月18日有一件事要办", "放得下吗？还来得及挪一挪，或者问问对方。" * 3, f"key-{n}",
                url="/c/1/reminders", actions=actions, expires_at=NOW + timedelta(hours=20),
            )
        )  # fmt: skip
    return made


def main(count: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        authority, file = trustme.CA(), Path(folder) / "server.pem"
        authority.cert_pem.write_to_path(str(Path(folder) / "ca.pem"))
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(file))
        mine, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=sink, args=(str(file), theirs), daemon=True)
        process.start()
        port = mine.recv()
        settings = config.load({"PLANNER_INSTANCE": folder})
        push = replace(settings.push, test_hosts=frozenset({f"localhost:{port}"}), test_ca=Path(folder) / "ca.pem")
        settings = replace(settings, push=push)
        waiting = messages(port, count)
        started, cpu = time.perf_counter(), time.process_time()
        for first in range(0, count, BATCH):
            with web_push.connect(settings) as pusher:
                for message in waiting[first : first + BATCH]:
                    pusher.send(message, NOW)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        mine.send("stop")
        taken, size = mine.recv()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count} messages in {seconds:.2f} s: {count / seconds:.0f} a second ({cpu / count * 1000:.2f} ms of our processor each)"
    )
    print(f"{taken} arrived, {size / max(taken, 1):.0f} bytes each; peak memory of the worker {peak:.0f} MB")
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    assert taken == count


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
