"""Where Java and the jars come from, on machines that have less than this one: only programs are faked."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.neo4j import java


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with nothing on it: a folder that is all of PATH, of the cache and of the places of a Java."""
    for name in ("bin", "jvms", "cache"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("NEO4J_VERSION", raising=False)
    monkeypatch.setattr(java, "JVMS", tmp_path / "jvms")
    monkeypatch.setattr(java, "may_install", lambda: False)
    java.prepare.cache_clear()
    yield tmp_path
    java.prepare.cache_clear()


def script(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def jdk(home: Path, release: str, compiler: bool = True) -> Path:
    script(home / "bin" / "java", f"echo 'openjdk version \"{release}\"' >&2")
    if compiler:
        script(home / "bin" / "javac", "")
    return home


def test_the_first_java_that_is_new_enough_and_has_a_compiler_is_taken(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(jdk(bare / "mine", "11.0.2")))
    jdk(bare / "jvms" / "a-jre-21", "21.0.1", compiler=False)
    middle = jdk(bare / "jvms" / "b-17", "17.0.15")
    newest = jdk(bare / "jvms" / "c-25", "25.0.3")
    chosen = [java.find_jdk(java.least_java(version)) for version in ("5.26.30", "2025.01.0", "2026.08.1")]

    on_path = jdk(bare / "usr" / "lib" / "path-21", "21")
    (bare / "bin" / "java").symlink_to(on_path / "bin" / "java")

    assert chosen == [middle, newest, newest]
    assert java.find_jdk(17) == java.find_jdk(21) == on_path


def test_without_java_and_maven_the_failure_names_what_to_install(bare: Path) -> None:
    with pytest.raises(java.Missing) as missing:
        java.prepare()
    with pytest.raises(java.Missing) as newer:
        java.prepare("2026.08.1")

    assert str(missing.value) == (
        "Neo4j 5.26.30 needs a JDK of Java 17 or newer and Maven (mvn): install openjdk-17-jdk-headless and maven (or set "
        "JAVA_HOME and PATH to yours), or name an empty server with NEO4J_URI; `make test-core` runs all tests that need none"
    )
    assert "a JDK of Java 21 or newer" in str(newer.value)
    assert list((bare / "cache").iterdir()) == []


def test_where_it_may_apt_get_installs_the_oldest_java_that_will_do(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(java, "may_install", lambda: True)
    jdk(bare / "packaged", "21.0.1")
    script(bare / "packaged" / "mvn", f'for last; do :; done; /bin/mkdir -p "${{last#*=}}"; echo once >>{bare}/fetched')
    script(
        bare / "bin" / "apt-get",
        f'echo "$DEBIAN_FRONTEND $@" >>{bare}/asked\n'
        f'case "$@" in *-17-*) exit 100;; *-21-*) /bin/cp -r {bare}/packaged {bare}/jvms/21; /bin/cp {bare}/packaged/mvn {bare}/bin/;; esac',
    )

    found = java.prepare()

    said = (bare / "asked").read_text(encoding="utf-8")
    assert re.findall(r"update|openjdk-\d+", said) == ["update", "openjdk-17", "openjdk-21"]
    assert set(re.findall("^noninteractive", said, re.MULTILINE)) == {"noninteractive"}
    assert found == java.Runtime("5.26.30", bare / "jvms" / "21", bare / "cache" / "kgtools" / "neo4j-5.26.30")


def test_jars_are_fetched_once_and_a_fetch_that_broke_off_is_begun_anew(bare: Path) -> None:
    jdk(bare / "jvms" / "17", "17")
    mvn = script(bare / "bin" / "mvn", "echo no such version; exit 1")
    half = bare / "cache" / "kgtools" / "neo4j-5.26.30" / "half.jar"
    half.parent.mkdir(parents=True)
    half.touch()

    with pytest.raises(java.Missing, match=r"Maven could not fetch Neo4j 5\.26\.30:\nno such version"):
        java.prepare()
    script(mvn, f'for last; do :; done; /bin/mkdir -p "${{last#*=}}"; echo once >>{bare}/fetched')
    java.prepare()
    java.prepare.cache_clear()
    java.prepare()

    assert (bare / "fetched").read_text(encoding="utf-8") == "once\n"
    assert not half.exists()
    assert (half.parent / ".complete").exists()


def test_the_program_is_compiled_once_for_each_java(bare: Path) -> None:
    compiler = (
        f'for last; do :; done; echo "$last" >>{bare}/compiled; /bin/mkdir -p "$4" && echo >"$4/Neo4jServer.class"'
    )
    homes = [jdk(bare / "jvms" / release, release) for release in ("17", "21")]
    for home in homes:
        script(home / "bin" / "javac", compiler)
    runtimes = [java.Runtime("5.26.30", home, bare / "cache" / "neo4j-5.26.30") for home in (*homes, homes[0])]

    programs = [runtime.program for runtime in runtimes]

    assert programs[0] == programs[2] != programs[1]
    assert (bare / "compiled").read_text(encoding="utf-8") == f"{java.HERE / 'Neo4jServer.java'}\n" * 2
    assert sorted((bare / "cache").iterdir()) == sorted(set(programs))
