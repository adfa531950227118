"""A parsing process whose parser does what a hostile file could make one do."""

import ctypes
import os
import socket
import subprocess
import time
from pathlib import Path

from erya.loading import worker
from erya.records import Block, Parsed


def read_file(data, name, options):  # noqa: PLR0912
    match data.split()[0].decode():
        case "hang":
            time.sleep(600)
        case "abort":
            os.abort()
        case "allocate":
            return bytearray(50 * 10**9)
        case "connect":
            socket.create_connection(("127.0.0.1", 9), timeout=5)
        case "connect-unseen":  # as a library in C would, past Python
            libc = ctypes.CDLL(None)
            number = libc.socket(2, 1, 0)
            address = bytes(
                [2, 0, *int(data.split()[1]).to_bytes(2, "big"), 127, 0, 0, 1]
            ) + bytes(8)
            return text(
                "reached" if libc.connect(number, address, 16) == 0 else "cut off"
            )
        case "start":
            subprocess.run(["/bin/true"], check=False)
        case "fork":
            os.fork()
        case "fork-unseen":
            if ctypes.CDLL(None).fork() == 0:
                time.sleep(600)
            time.sleep(600)
        case "write":
            Path(data.split()[1].decode()).write_text("x", encoding="utf-8")
        case "pages":
            for _ in range(8):
                time.sleep(0.6)
                options.on_page(8)
        case _:
            pass
    return text("read")


def text(what):
    return Parsed(
        title="",
        text=what,
        blocks=(Block(kind="paragraph", start=0, end=len(what)),),
        media_type="text/plain",
    )


setattr(worker, "read_file", read_file)  # noqa: B010 - the worker does not export it
worker.main()
