"""What a Neo4j server runs on: a JDK, and Neo4j's own jars from Maven Central; found, or fetched once."""

import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

HERE = Path(__file__).parent
LTS = "5.26.30"  # not every release is in Maven Central
JVMS = Path("/usr/lib/jvm")
OPENS = ("java.nio", "java.io", "sun.nio.ch", "java.lang", "java.util.concurrent")
RELEASES = (17, 21, 25)  # of Java, as distributions package them
BRIEF = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""For what ends in minutes: without the optimizing compiler, whose work would not pay, and with the collector of the fewest threads."""


class Missing(Exception):
    """What is not here, and where to get it."""


@dataclass(frozen=True)
class Runtime:
    """A JDK and the jars of one version of Neo4j."""

    version: str
    jdk: Path
    jars: Path

    @functools.cached_property
    def program(self) -> Path:
        """The server's one class in a jar of its own, of a name that tells source and JDK; compiled where it is not there yet."""
        source = (HERE / "Neo4jServer.java").read_bytes()
        key = hashlib.sha256(source + f"{self.jdk}\n{java_release(self.jdk)}".encode()).hexdigest()[:12]
        made = self.jars.parent / f"{self.jars.name}-server-{key}.jar"
        if not made.exists():
            compile_program(self, made)
        return made

    @property
    def archive(self) -> Path:
        """The classes that a server loads, as Java finds them fastest (AppCDS); `tests.neo4j.server.rehearse` makes it."""
        return self.program.with_suffix(".jsa")

    def command(
        self,
        *words: str,
        heap: tuple[str, str] = ("512m", "1g"),
        brief: bool = False,
        archive_at_exit: Path | None = None,
    ) -> list[str]:
        """The command line of a Java program that sees the jars; `heap` is what it begins with and what it may take."""
        opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENS]
        sizes = [f"-Xms{heap[0]}", f"-Xmx{heap[1]}", "-Dfile.encoding=UTF-8"]
        return [
            str(self.jdk / "bin" / "java"),
            *(BRIEF if brief else ()),
            *([f"-XX:ArchiveClassesAtExit={archive_at_exit}"] if archive_at_exit else []),
            *([f"-XX:SharedArchiveFile={self.archive}"] if self.archive.exists() else []),
            *sizes,
            *opens,
            "-cp",
            f"{self.program}{os.pathsep}{self.jars}/*",
            *words,
        ]


def compile_program(runtime: Runtime, made: Path) -> None:
    """Compile the server's class into a jar. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory(dir=made.parent, prefix=made.stem) as folder:
        classes, whole = Path(folder) / "classes", Path(folder) / made.name
        subprocess.run(
            [runtime.jdk / "bin" / "javac", "-cp", f"{runtime.jars}/*", "-d", classes, HERE / "Neo4jServer.java"],
            stdin=subprocess.DEVNULL, capture_output=True, check=True,
        )  # fmt: skip
        with zipfile.ZipFile(whole, "w") as jar:
            for file in sorted(classes.glob("*.class")):
                jar.write(file, file.name)
        whole.replace(made)  # of two processes at once, one's takes the other's place


@functools.cache
def prepare(version: str | None = None) -> Runtime:
    """Java and the jars of a version (default: NEO4J_VERSION, or the LTS), installed and fetched where they are not here."""
    version = version or os.environ.get("NEO4J_VERSION") or LTS
    least = least_java(version)
    if lacks(version) and may_install():
        install(least)
    if lack := lacks(version):
        raise Missing(
            f"Neo4j {version} needs {' and '.join(lack)}: install openjdk-{least}-jdk-headless and maven (or set JAVA_HOME "
            "and PATH to yours), or name an empty server with NEO4J_URI; `make test-core` runs all tests that need none"
        )
    jdk = find_jdk(least)
    assert jdk is not None
    return Runtime(version, jdk, jars_of(version) if is_fetched(version) else fetch(version, jdk))


def lacks(version: str) -> list[str]:
    """What is to be installed before this version can run."""
    least = least_java(version)
    jdk = [] if find_jdk(least) else [f"a JDK of Java {least} or newer"]
    return jdk if is_fetched(version) or shutil.which("mvn") else [*jdk, "Maven (mvn)"]


def least_java(version: str) -> int:
    """The oldest Java that a version of Neo4j runs on."""
    return 21 if int(version.split(".")[0]) >= 2025 else 17


def find_jdk(least: int) -> Path | None:
    """The first JDK that is new enough: JAVA_HOME, the one of PATH, what distributions install."""
    return next((home for home in jdks() if java_release(home) >= least), None)


def jdks() -> Iterator[Path]:
    """Folders with a Java and its compiler: the server's one class is run from source."""
    on_path = shutil.which("java")
    places = [
        *([Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []),
        *([Path(on_path).resolve().parents[1]] if on_path else []),
        *sorted(JVMS.glob("*")),
    ]
    return (home for home in places if (home / "bin" / "java").exists() and (home / "bin" / "javac").exists())


@functools.cache
def java_release(home: Path) -> int:
    """17, 21, ...; 0 if it does not run."""
    try:
        said = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', said.stderr)
    return int(found[1]) if found else 0


def may_install() -> bool:
    """Whether this is a root's Debian or Ubuntu."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def install(least: int) -> None:
    """Let apt-get install the oldest JDK that will do, and Maven."""
    print(f"installing a JDK (Java {least} or newer) and Maven with apt-get", file=sys.stderr, flush=True)
    apt_get("update")
    for release in RELEASES:
        if release >= least and apt_get("install", "--yes", f"openjdk-{release}-jdk-headless", "maven"):
            return


def apt_get(*words: str) -> bool:
    """Whether it did; one at a time of those that run side by side."""
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *words]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with FileLock(Path(tempfile.gettempdir()) / "kgtools-apt-get.lock"):
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    if done.returncode:
        print(f"{' '.join(command)}:\n{done.stderr[-1000:]}", file=sys.stderr)
    return done.returncode == 0


def jars_of(version: str) -> Path:
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "kgtools" / f"neo4j-{version}"


def is_fetched(version: str) -> bool:
    return (jars_of(version) / ".complete").exists()


def fetch(version: str, jdk: Path) -> Path:
    """Copy the jars of a version into the cache; a second process waits for the first."""
    jars = jars_of(version)
    jars.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(jars.parent / f"{jars.name}.lock"):
        if is_fetched(version):
            return jars
        shutil.rmtree(jars, ignore_errors=True)  # a killed run may have left half a jar
        print(f"fetching Neo4j {version} from Maven Central into {jars}", file=sys.stderr, flush=True)
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
        done = subprocess.run(
            ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), f"-Dneo4j.version={version}", *goal],
            env=os.environ | {"JAVA_HOME": str(jdk)}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Missing(f"Maven could not fetch Neo4j {version}:\n{(done.stdout + done.stderr)[-2000:]}")
        (jars / ".complete").touch()
    return jars
