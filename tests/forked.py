"""`kgtools WORD...` in a process of its own that imports nothing: it is forked from one that has all modules but torch in memory.

A process takes half a second to a second to import what it needs, `generate` takes a quarter to read the packs, and tests start many
hundreds. Streams, environment, folder and exit code are those of a process that a user starts; what a process is given before Python
begins (its hash seed, its locale, PYTHONPATH) is that of the tests. What such things are about starts a process from scratch."""

import atexit
import contextlib
import importlib
import io
import json
import os
import random
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from functools import cache
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
FOLDERS = ("tools", "kg", "templates", "corpora", "train/evaluate")
COMPUTES = "retract"
"""A folder whose modules ask polars something as they are imported: its threads would be lost in what is forked."""
STUB = """#!{python} -ISE
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(server, [len(asked).to_bytes(8, "big")], [0, 1, 2])
server.sendall(asked)
code = int(server.makefile().read() or 1)
if code < 0:
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


# What tests call.


@cache
def start() -> Path:
    """The folder of a server for this process: the socket `server`, and a `kgtools` for PATH. It ends when this process does."""
    folder = Path(tempfile.mkdtemp(prefix="kgtools-forked-"))
    address = str(folder / "server")
    server = subprocess.Popen(
        [sys.executable, "-P", __file__, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HOME
    )
    atexit.register(_stop, server)
    assert server.stdout
    with server.stdout as said:
        assert said.readline() == b"ready\n"
    stub = folder / "kgtools"
    stub.write_text(STUB.format(python=sys.executable, address=address), encoding="utf-8")
    stub.chmod(0o755)
    return folder


def _stop(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin
    server.stdin.close()
    server.wait()


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """What a command says and how it ends."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, Path(os.devnull).open("rb") as nothing:
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(start() / "server"))
        asked = json.dumps([[*map(str, words)], str(Path.cwd()), dict(os.environ)]).encode()
        socket.send_fds(server, [len(asked).to_bytes(8, "big")], [nothing.fileno(), out.fileno(), err.fileno()])
        server.sendall(asked)
        with server, server.makefile() as answer:
            code = int(answer.read())
        texts = [(stream.seek(0), stream.read().decode("utf-8"))[1] for stream in (out, err)]
    return subprocess.CompletedProcess([*words], code, *texts)


# What runs in the server.


def _serve(address: str) -> None:
    for folder in FOLDERS:
        for path in sorted((HOME / folder).rglob("*.py")):
            if COMPUTES not in path.parts:
                name = ".".join(("kgtools", *path.relative_to(HOME).with_suffix("").parts))
                importlib.import_module(name.removesuffix(".__init__"))
    from kgtools.templates.pack import every_pack

    every_pack()
    threads = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
    assert not [name for name in threads if name.startswith("polars-") and name[7:8].isdigit()], threads
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen(64)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        ready, _, _ = select.select([listening, 0], [], [])
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if 0 in ready:
            shutil.rmtree(Path(address).parent, ignore_errors=True)
            return
        asker, _ = listening.accept()
        if not os.fork():
            listening.close()
            _answer(asker)
        asker.close()


def _answer(asker: socket.socket) -> None:
    """Run what is asked in one process more, and tell how it ends."""
    size, streams, _, _ = socket.recv_fds(asker, 8, 3)
    words, folder, environment = json.loads(asker.makefile("rb").read(int.from_bytes(size, "big")))
    pid = os.fork()
    if not pid:
        asker.close()
        _take_on(streams, folder, environment)
        _run(words)
    for stream in streams:
        os.close(stream)
    _, status = os.waitpid(pid, 0)
    asker.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _take_on(streams: list[int], folder: str, environment: dict[str, str]) -> None:
    """Be a process as one that is started for itself."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    random.seed()
    through = bool(environment.get("PYTHONUNBUFFERED"))
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")  # type: ignore[type-var,misc]
    for number, name, errors in ((1, "stdout", "strict"), (2, "stderr", "backslashreplace")):
        binary = io.BufferedWriter(io.FileIO(number, "w", closefd=False))
        stream = io.TextIOWrapper(
            binary,
            encoding="utf-8",
            errors=errors,
            line_buffering=number == 2 or os.isatty(number),
            write_through=through,
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _run(words: list[str]) -> None:
    code: object = 0
    try:
        from kgtools.tools import main

        sys.argv = ["kgtools", *words]
        sys.modules["__main__"] = main
        main.main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - as Python ends
        traceback.print_exc()
        code = 1
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1 if code else 0)


if __name__ == "__main__":
    _serve(sys.argv[1])
