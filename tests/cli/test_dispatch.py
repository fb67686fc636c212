"""The command line's manners: nearest names, one sentence, status 2, no traceback."""

import errno
import sys
import types

import pytest

from recollect.cli import Parser, UserError
from recollect.cli.__main__ import COMMANDS, main


@pytest.fixture
def command(monkeypatch):
    """Put a function behind the command `probe`."""

    def put(function):
        module = types.ModuleType("probe_module")
        module.main = function
        monkeypatch.setitem(sys.modules, "probe_module", module)
        monkeypatch.setitem(COMMANDS, "probe", ("probe_module:main", "a probe"))

    return put


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["tran"], "there is no command 'tran'; did you mean train?"),
        (["--vresion"], "there is no flag '--vresion'; did you mean --version?"),
        (["zzzz"], "there is no command 'zzzz'; see recollect --help"),
        (["data", "lsit"], "recollect data cannot 'lsit'; did you mean list?"),
        (["data", "path", "--chekc"], "recollect data takes no '--chekc'; did you mean --check?"),
        (["data", "fetch"], "which data set? recollect data fetch NAME; recollect data list"),
        (["data"], "the following arguments are required: list|path|fetch"),
    ],
)
def test_mistakes_are_told_in_one_sentence(capsys, words, answer):
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and answer in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (UserError("line 3 of a.csv has two columns"), "line 3 of a.csv has two columns"),
        (ValueError("slots must be positive,\n  got -1"), "slots must be positive, got -1"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "s.txt"), "s.txt: no such"),
        (OSError(errno.ENOSPC, "No space left on device", "/r/x"), "/r/x: no space left on device"),
        (KeyboardInterrupt(), "stopped by the keyboard"),
        (ValueError(), "ValueError"),
    ],
)
def test_errors_of_a_person_become_one_sentence(capsys, command, error, answer):
    def fails(argv):
        raise error

    command(fails)
    assert main(["probe"]) == 2
    err = capsys.readouterr().err
    assert answer in err and err.count("\n") == 1 and "Traceback" not in err


def test_a_fault_of_ours_keeps_its_traceback(command):
    def fails(argv):
        raise RuntimeError("a bug")

    command(fails)
    with pytest.raises(RuntimeError):
        main(["probe"])


def test_the_traceback_can_be_asked_for(command, monkeypatch):
    def fails(argv):
        raise ValueError("x")

    command(fails)
    monkeypatch.setenv("RECOLLECT_TRACEBACK", "1")
    with pytest.raises(ValueError):
        main(["probe"])


def test_status_and_arguments_pass_through(command):
    got = []

    def works(argv):
        got.append(argv)
        return 3

    command(works)
    assert main(["probe", "a", "--b"]) == 3
    assert got == [["a", "--b"]]


def test_no_flag_is_abbreviated():
    parser = Parser("recollect probe", description="")
    parser.add_argument("--steps")
    with pytest.raises(UserError, match="did you mean --steps"):
        parser.parse(["--step", "3"])
