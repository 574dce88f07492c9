"""Neo4j in the foreground, without docker: `make neo4j`, or `python -m tests.neo4j --help` in the project's folder."""

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path

from .java import Missing
from .server import Server, StartFailed, is_taken


def main() -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.neo4j", description="Serve Neo4j Community on loopback.")
    parser.add_argument(
        "--dir", type=Path, default=Path("neo4j-data"), help="where the data stay (default: %(default)s)"
    )
    parser.add_argument("--port", type=int, default=7687, help="(default: %(default)s)")
    parser.add_argument("--heap", default="1g", help="memory for Java (default: %(default)s)")
    asked = parser.parse_args()
    given = os.environ.get("NEO4J_PASSWORD") or None
    if is_taken(asked.port):
        return refuse(f"port {asked.port} is taken: name another with PORT=")
    try:
        server = Server(asked.dir, port=asked.port, password=given, heap=(asked.heap, asked.heap))
    except ValueError as error:
        return refuse(f"NEO4J_PASSWORD: {error}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with server:
            print(greeting(server, given is not None), flush=True)
            code = server.wait()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 0
    except (Missing, StartFailed) as error:
        return refuse(str(error))
    return refuse(f"Neo4j ended with code {code}; its log's end:\n{server.log_end()}")


def greeting(server: Server, given: bool) -> str:
    """What to paste into the shell that uses the server; a password that came from the environment is not said again."""
    names = ("NEO4J_URI", "NEO4J_USERNAME", *(() if given else ("NEO4J_PASSWORD",)))
    exports = [f"export {name}={shlex.quote(server.login.environment[name])}" for name in names]
    password = "the one in your NEO4J_PASSWORD" if given else "made up for this run; set NEO4J_PASSWORD to choose one"
    return "\n".join(
        [
            f"Neo4j answers at {server.uri}, user neo4j, password {password}. In another shell:",
            *(f"  {line}" for line in exports),
            f"Ctrl-C stops it; the data stay in {server.home}.",
        ]
    )


def refuse(why: str) -> int:
    print(f"neo4j: {why}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
