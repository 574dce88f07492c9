import errno
import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from kgtools.tools.errors import InputError, KgtoolsError, UsageError
from kgtools.tools.outputs.atomic import ASIDE, check_file, replace_file, write_file
from kgtools.tools.outputs.processes import Owner, is_dead, this
from kgtools.tools.outputs.staging import NEW, lock_folder, make_folder, manifest, staging, unfinished


def write(folder: Path, data: bytes, name: str = "a.txt") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


OURS = manifest("read", {}, {})
"""The run.json of a run of ours."""


def test_staged_files_arrive_together_and_nothing_else_stays(tmp_path: Path) -> None:
    write(tmp_path, b"old", "a.txt")
    write(tmp_path, OURS, "run.json")

    with staging(tmp_path / "." / "") as stage:
        write(stage, b"new", "a.txt")
        write(stage, b"{}", "run.json")
        assert files_of(tmp_path)["a.txt"] == b"old"

    assert files_of(tmp_path) == {"a.txt": b"new", "run.json": b"{}"}


def test_staging_makes_the_folder_and_its_parents(tmp_path: Path) -> None:
    with staging(tmp_path / "b" / "c") as stage:
        write(stage, b"new")

    assert files_of(tmp_path) == {"b/c/a.txt": b"new"}


def test_an_error_while_staging_takes_away_the_folders_that_were_made_for_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"), staging(tmp_path / "b" / "c"):
        raise ValueError("no")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_while_staging_leaves_the_folder_as_it_was(tmp_path: Path, error: type[BaseException]) -> None:
    write(tmp_path, b"old")

    def stage_half() -> None:
        with staging(tmp_path) as stage:
            write(stage, b"half")
            raise error

    with pytest.raises(error):
        stage_half()

    assert files_of(tmp_path) == {"a.txt": b"old"}
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_killed_run_leaves_the_old_files_and_the_next_run_cleans_up(tmp_path: Path) -> None:
    write(tmp_path, b"old")
    write(tmp_path, OURS, "run.json")
    program = (
        "import os, pathlib, signal, sys; from kgtools.tools.outputs.staging import staging\n"
        "with staging(pathlib.Path(sys.argv[1])) as stage:\n"
        "    (stage / 'a.txt').write_bytes(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    after_kill = files_of(tmp_path)
    with staging(tmp_path) as stage:
        write(stage, b"new")

    assert killed.returncode == -signal.SIGKILL
    assert (after_kill.pop("a.txt"), after_kill.pop("run.json")) == (b"old", OURS)
    assert list(after_kill.values()) == [b"half"]
    assert files_of(tmp_path) == {"a.txt": b"new", "run.json": OURS}


MINE = this()
NEVER = 2**22 + 1
"""No process of Linux has this number."""


@pytest.mark.parametrize(
    ("owner", "dead"),
    [
        (MINE, False),
        (replace(MINE, pid=NEVER), True),
        (replace(MINE, start="1"), True),
        (replace(MINE, boot="another-start"), True),
        (replace(MINE, boot=""), False),
        (replace(MINE, host="another", pid=NEVER), False),
        (replace(MINE, machine="another", boot="another"), False),
        (replace(MINE, space="1", pid=NEVER), False),
    ],
)
def test_a_process_is_dead_only_where_that_is_sure(owner: Owner, dead: bool) -> None:
    assert is_dead(owner) == dead
    assert Owner.parse(owner.text) == owner


@pytest.mark.parametrize("text", ["", "a", "a~b~c~d~e~f", "a~b~c~d~0~f", "a~b~c~d~1", "a~b~c~d~-1~f"])
def test_what_names_no_process_is_no_owner(text: str) -> None:
    assert Owner.parse(text) is None


def stage_of(owner: Owner, kind: str = NEW) -> str:
    return f"{kind}{'0' * 32}~{owner.text}"


def test_only_what_dead_processes_of_ours_left_is_removed(tmp_path: Path) -> None:
    dead = replace(MINE, pid=NEVER)
    stay = [
        ".new-notes",
        ".new-1",
        f".new-{'0' * 32}",
        stage_of(replace(dead, host="another")),
        ".aside-1",
        stage_of(MINE),
    ]
    for name in (*stay, stage_of(dead), stage_of(dead, ASIDE)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text").write_text("a patient's", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / f".new-{'1' * 32}~{dead.text}"
    link.symlink_to("elsewhere")

    with staging(tmp_path) as stage:
        write(stage, b"new")
    write_file(tmp_path / "b.txt", b"new")

    left = {file.name for file in tmp_path.iterdir()}
    assert left == {*stay, link.name, "elsewhere", "a.txt", "b.txt"}
    assert all((tmp_path / name / "text").exists() for name in stay)


def test_a_stage_is_open_to_nobody_else_and_its_name_is_new_each_time(tmp_path: Path) -> None:
    names = set()
    for _ in range(3):
        with staging(tmp_path) as stage:
            names.add(stage.parent.name)
            assert stat.S_IMODE(stage.parent.stat().st_mode) == 0o700
    assert len(names) == 3


def test_files_of_a_private_run_are_open_to_the_user_alone_and_its_manifest_is_not(tmp_path: Path) -> None:
    with staging(tmp_path, private=True) as stage:
        write(stage, b"a patient's")
        write(stage, b"{}", "run.json")

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) & 0o044 for file in tmp_path.iterdir()}
    assert modes["a.txt"] == 0
    assert modes["run.json"] != 0


def test_two_runs_cannot_write_into_one_folder(tmp_path: Path) -> None:
    with (
        staging(tmp_path) as stage,
        pytest.raises(
            UsageError, match=rf"process {os.getpid()} is writing there; wait until it is done, or name another"
        ),
        staging(tmp_path),
    ):
        pass
    assert not stage.exists()

    with staging(tmp_path) as stage:
        write(stage, b"new")
    assert files_of(tmp_path) == {"a.txt": b"new"}


def test_files_of_an_earlier_run_go_only_where_they_are_named(tmp_path: Path) -> None:
    for name in ("old.txt", "mine.txt"):
        write(tmp_path, b"old", name)
    write(tmp_path.parent, b"not there", "other.txt")

    with staging(tmp_path, old=lambda _: {"old.txt", "none.txt", "../other.txt", "run.json", "a.txt"}) as stage:
        write(stage, b"new")

    assert files_of(tmp_path) == {"a.txt": b"new", "mine.txt": b"old"}
    assert (tmp_path.parent / "other.txt").exists()


def test_a_folder_in_the_way_of_a_file_is_named_before_anything_moves(tmp_path: Path) -> None:
    (tmp_path / "b.txt").mkdir()
    write(tmp_path, b"old")

    def run() -> None:
        with staging(tmp_path) as stage:
            write(stage, b"new")
            write(stage, b"new", "b.txt")

    with pytest.raises(UsageError, match=r"b\.txt: is a folder, and a file is to stand there"):
        run()
    assert files_of(tmp_path) == {"a.txt": b"old"}
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_is_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    with staging(tmp_path / "link") as stage:
        write(stage, b"new")

    assert (tmp_path / "link").is_symlink()
    assert files_of(tmp_path / "real") == {"a.txt": b"new"}


def test_a_link_to_no_folder_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nothing")

    with (
        pytest.raises(InputError, match="link: is a link to what is not there; name another place"),
        staging(tmp_path / "link"),
    ):
        pass


NO_LOCKS = [OSError(errno.ENOLCK, ""), OSError(errno.ENOSYS, ""), OSError(errno.EOPNOTSUPP, ""), NotImplementedError()]


@pytest.mark.parametrize("error", NO_LOCKS, ids=str)
def test_where_a_filesystem_has_no_locks_a_file_says_who_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def none(*_: object) -> None:
        raise error

    monkeypatch.setattr(fcntl, "flock", none)
    (tmp_path / ".in-use").write_text(replace(MINE, pid=NEVER).text, encoding="utf-8")

    with staging(tmp_path) as stage:
        write(stage, b"new")
        with (
            pytest.raises(
                UsageError, match=rf"process {os.getpid()} \(.* if it is gone, remove .*\.in-use\) is writing"
            ),
            staging(tmp_path),
        ):
            pass
    with (
        lock_folder(tmp_path, UsageError),
        pytest.raises(UsageError, match=f"process {os.getpid()}"),
        lock_folder(tmp_path, UsageError),
    ):
        pass

    assert files_of(tmp_path) == {"a.txt": b"new", ".lock": b""} or files_of(tmp_path) == {"a.txt": b"new"}


def test_a_mark_of_nobody_that_is_known_is_respected_and_the_way_out_is_told(tmp_path: Path) -> None:
    (tmp_path / ".in-use").write_bytes(b"")

    with pytest.raises(UsageError, match=r"another process \(.*remove .*in-use\) is writing there"), staging(tmp_path):
        pass

    assert (tmp_path / ".in-use").exists()


@pytest.mark.parametrize("name", ["长" * 85, "a" * 255])
def test_a_file_may_have_the_longest_name_that_there_is(tmp_path: Path, name: str) -> None:
    write_file(tmp_path / name, b"new")

    assert files_of(tmp_path) == {name: b"new"}
    with pytest.raises(UsageError, match="cannot be a file \\(File name too long\\); name another place"):
        check_file(tmp_path / f"{name}a")


def test_what_is_written_keeps_the_rights_of_what_was_there(tmp_path: Path) -> None:
    path = write(tmp_path, b"old")
    for mode in (0o600, 0o640, 0o644):
        path.chmod(mode)
        write_file(path, b"new")
        assert stat.S_IMODE(path.stat().st_mode) == mode
    write_file(path, b"new", private=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_is_followed_and_kept_also_one_to_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path = write(tmp_path / "real", b"old")
    (tmp_path / "link").symlink_to("chain")
    (tmp_path / "chain").symlink_to(path)

    for data in (b"new", b"again"):
        write_file(tmp_path / "link", data)
        assert path.read_bytes() == data
        path.unlink()

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "chain").is_symlink()
    (tmp_path / "lost").symlink_to("none/at/all")
    with pytest.raises(UsageError, match=r"lost: there is no folder .*none/at; make it first"):
        write_file(tmp_path / "lost", b"")
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(UsageError, match="round: cannot be a file"):
        write_file(tmp_path / "round", b"")


def test_a_pipe_and_a_device_are_written_to_and_stay(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_file(tmp_path / "pipe", b"new")
    reader.join(10)

    write_file(Path(os.devnull), b"new")

    assert got == [b"new"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_socket_is_no_file_to_write_to(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        with pytest.raises(UsageError, match="s: is not a file, pipe or stream"):
            write_file(tmp_path / "s", b"new")


def test_links_planted_where_a_file_is_written_aside_lead_nowhere(tmp_path: Path) -> None:
    victim = write(tmp_path, b"mine", "victim")
    names = [".out.csv.new", f".out.csv.{os.getpid()}", f".new-{os.getpid()}", ".in-use~", ".holder"]
    for name in names:
        (tmp_path / name).symlink_to(victim)

    write_file(tmp_path / "out.csv", b"new")
    with lock_folder(tmp_path, UsageError), staging(tmp_path) as stage:
        write(stage, b"new")

    assert victim.read_bytes() == b"mine"


def test_an_error_while_one_file_is_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = write(tmp_path, b"old")

    def half() -> None:
        with replace_file(path) as new:
            new.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()

    assert files_of(tmp_path) == {"a.txt": b"old"}
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("place", ["/sys/a", "/proc/a"])
def test_where_nothing_may_be_written_one_line_says_so(place: str) -> None:
    with pytest.raises(KgtoolsError, match=f"{place}.*; name another place") as one:
        write_file(Path(place), b"")
    with pytest.raises(KgtoolsError, match=f"{place}.*; name another place") as many, staging(Path(place)):
        pass
    assert "\n" not in f"{one.value}{many.value}"


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    write(tmp_path, b"x")
    with pytest.raises(InputError, match=r"a\.txt: is a file, expected a folder; name another place"):
        make_folder(tmp_path / "a.txt")
    with pytest.raises(InputError, match=r"b: is a file, expected a folder"):
        make_folder(tmp_path / "a.txt" / "b")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = write(tmp_path, b"old")
    write_file(path, b"new")
    in_the_way = tmp_path / "folder"
    (in_the_way / "inside").mkdir(parents=True)

    with pytest.raises(UsageError, match="folder: is a folder; name a file in it"):
        write_file(in_the_way, b"new")

    assert files_of(tmp_path) == {"a.txt": b"new"}


def test_a_manifest_holds_what_made_the_output_and_no_time() -> None:
    first, second = (manifest("load", {"raw": False}, {"a.csv": "00"}, counts={"read": 3}) for _ in range(2))

    told = orjson.loads(first)
    assert first == second
    assert (told["command"], told["settings"], told["inputs"], told["counts"]) == (
        "load", {"raw": False}, {"a.csv": "00"}, {"read": 3},
    )  # fmt: skip
    assert {"kgtools", "polars", "python"} <= set(told["versions"])
    assert not {"time", "date", "host", "cwd"} & set(told)


@pytest.mark.parametrize("where", ["before", "while it moves", "after"])
def test_the_last_words_say_what_was_in_place(tmp_path: Path, where: str) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from kgtools.tools.outputs.staging import staging; from kgtools.tools.outputs.signals import Stopped, last_words, stoppable\n"
        "folder, where = Path(sys.argv[1]), sys.argv[2]\n"
        "stop = lambda: os.kill(os.getpid(), signal.SIGTERM)\n"
        "if where == 'while it moves': sys.addaudithook(lambda e, a: e == 'os.remove' and 'run' in str(a[0]) and stop())\n"
        "try:\n"
        "    with stoppable():\n"
        "        with staging(folder) as stage:\n"
        "            (stage / 'run.json').write_text('{}'); (stage / 'z').write_text('new')\n"
        "            if where == 'before': stop()\n"
        "        if where == 'after': stop()\n"
        "except Stopped as stopped: print(stopped.code, last_words())\n"
    )
    write(tmp_path, OURS, "run.json")

    said = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), where], capture_output=True, text=True, check=True
    ).stdout

    if where == "before":
        assert (said, files_of(tmp_path)) == ("143 stopped; nothing was changed\n", {"run.json": OURS})
    else:
        assert said == f"143 stopped; {tmp_path} was written before that and stays\n"
        assert files_of(tmp_path) == {"run.json": b"{}", "z": b"new"}
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name", ["a.txt", "run.json"])
def test_files_that_no_run_of_ours_wrote_are_not_replaced(tmp_path: Path, name: str) -> None:
    write(tmp_path, b'{"my": "own"}', name)

    def run() -> None:
        with staging(tmp_path) as stage:
            write(stage, b"new", "a.txt")
            write(stage, OURS, "run.json")

    with pytest.raises(UsageError, match=f"holds {name}, which no run of kgtools wrote"):
        run()

    assert files_of(tmp_path) == {name: b'{"my": "own"}'}


def test_a_swap_that_fails_half_way_says_so_and_the_next_run_completes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = Path.replace

    def fails(self: Path, target: Path) -> Path:
        if self.name == "b.txt":
            raise PermissionError(errno.EPERM, "Operation not permitted")
        return whole(self, target)

    def run(*names: str) -> None:
        with staging(tmp_path) as stage:
            for name in names:
                write(stage, OURS, name)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(InputError, match=r"b\.txt: cannot be replaced .*some of the new files are in place, not all"):
        run("a.txt", "b.txt", "run.json")
    assert unfinished(tmp_path)
    monkeypatch.undo()
    run("c.txt")

    assert set(files_of(tmp_path)) == {"a.txt", "b.txt", "c.txt", "run.json"}
    assert "completed what a run that was killed had begun to put there" in capsys.readouterr().err
    assert not unfinished(tmp_path)
    assert not list(tmp_path.glob(".*"))
