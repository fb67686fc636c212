import os
from pathlib import Path

import recollect.kernels
from recollect.kernels.stale import forget_stale


def test_a_kernel_is_compiled_again_when_what_it_builds_on_changes(tmp_path):
    """Numba would go on with the old code, and nobody would know why the numbers are wrong."""
    (tmp_path / "__pycache__").mkdir()
    sources = {
        "maths": "",
        "matrix": "from recollect.kernels.maths import exp\n",
        "machine": "import numpy\nfrom recollect.kernels import matrix as m\n",
        "wide": "from recollect.kernels import (\n    matrix,\n    other,\n)\n",
        "other": "from recollect.functional.maths import exp\n",
    }
    for name, text in sources.items():
        (tmp_path / f"{name}.py").write_text(text)
        (tmp_path / "__pycache__" / f"{name}.run-3.py311.nbi").write_text("")

    def touch(name, time):
        os.utime(tmp_path / name, (time, time))

    def all_compiled_at(time):
        for name in sources:
            index = tmp_path / "__pycache__" / f"{name}.run-3.py311.nbi"
            index.write_text("")
            os.utime(index, (time, time))

    for name in sources:
        touch(f"{name}.py", 100)
    all_compiled_at(200)
    assert forget_stale(tmp_path) == []
    touch("maths.py", 300)
    gone = {name.partition(".")[0] for name in forget_stale(tmp_path)}
    assert gone == {"maths", "matrix", "machine", "wide"}
    left = {path.name.partition(".")[0] for path in (tmp_path / "__pycache__").iterdir()}
    assert left == {"other"}
    all_compiled_at(400)
    touch("other.py", 500)
    gone = {name.partition(".")[0] for name in forget_stale(tmp_path)}
    assert gone == {"other", "wide"}


def test_a_folder_without_compiled_code_is_left_alone(tmp_path):
    assert forget_stale(tmp_path / "nowhere") == []


def test_the_kernels_name_each_other_in_a_way_it_understands():
    from recollect.kernels.stale import _needs, _reached

    folder = Path(recollect.kernels.__file__).parent
    needs = {path.stem: _needs(path.read_text("utf-8")) for path in folder.glob("*.py")}
    assert _reached("dnc_backward", needs) >= {"dnc_address", "dnc_link", "maths", "matrix"}
