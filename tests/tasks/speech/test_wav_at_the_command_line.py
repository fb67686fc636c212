"""`recollect run RUN file.wav`: digits for a sound, one sentence and status 2 for a bad file."""

import wave

import numpy as np
import pytest
import torch

from recollect.cli.__main__ import main
from recollect.recipes import digits_length, speech
from recollect.results import figure
from recollect.tasks.speech.digits import Take


def _takes():
    tone = torch.arange(1200) / 8000
    return [
        Take(d, "ann", take, torch.sin(2 * torch.pi * (200 + 150 * d) * tone) * 0.3)
        for d in range(10)
        for take in (0, 7, 20)
    ]


def _write(path, *, rate=8000, channels=1, width=2, frames=4000):
    tone = np.sin(np.arange(frames * channels) / 5) * 9000
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(tone.astype("<i2").tobytes() if width == 2 else bytes(frames))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speech, "read_digits", _takes)
        folder = tmp_path_factory.mktemp("digits") / "digits-location"
        flags = ["--task.batch", "2", "--model.size", "8", "--loop.steps", "1", "--quiet"]
        flags += ["--loop.eval-every", "1", "--loop.save-every", "1", "--loop.eval-batches", "1"]
        assert main(["train", "digits-location", *flags, "--out", str(folder)]) == 0
        yield folder


def test_a_sound_is_told(run, tmp_path, capsys):
    sound = _write(tmp_path / "a.wav")
    page = tmp_path / "a.html"
    assert main(["run", str(run), str(sound), "--limit", "4", "--html", str(page)]) == 0
    said = capsys.readouterr().out.split()
    assert len(said) <= 4 and all(word.isdigit() for word in said)
    assert "0.08" in page.read_text()  # a position is 80 ms


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ({"rate": 44100}, "has 44100 samples a second, not 8000: convert it"),
        ({"channels": 2}, "has 2 channels of 16 bits, not one of 16: convert it"),
        ({"width": 1}, "has 1 channel of 8 bits"),
        ({"frames": 0}, "has no sound in it"),
        ({"frames": 255}, "is too short: 255 samples, and a frame has 256"),
        ({"silent": True}, "is silent: all of its samples are alike"),
        ({"cut": True}, "is cut off: 1978 of 4000 samples are there"),
        ({"text": True}, "is no wav file that can be read"),
        ({"gone": True}, "there is no file"),
    ],
)
def test_bad_sounds_are_one_sentence(run, tmp_path, capsys, kind, says):
    path = tmp_path / "bad.wav"
    form = {k: v for k, v in kind.items() if k in ("rate", "channels", "width", "frames")}
    _write(path, **form)
    if "cut" in kind:
        path.write_bytes(path.read_bytes()[:4000])
    if "silent" in kind:
        _write(path, frames=0)
        with wave.open(str(path), "wb") as out:
            out.setparams((1, 2, 8000, 0, "NONE", ""))
            out.writeframes(bytes(8000))
    if "text" in kind:
        path.write_text("a text")
    if "gone" in kind:
        path.unlink()
    assert main(["run", str(run), str(path)]) == 2
    told = capsys.readouterr()
    assert says in told.err and not told.out
    assert "Traceback" not in told.err and len(told.err.strip().splitlines()) == 1


def test_a_sound_longer_than_any_that_was_tested_is_told(run, tmp_path, capsys):
    sound = _write(tmp_path / "long.wav", frames=13 * 8000)
    assert main(["run", str(run), str(sound), "--limit", "3"]) == 0
    assert "13 s of sound are more than was ever tested (twelve digits" in capsys.readouterr().err


def test_a_run_is_measured_in_every_way(run, tmp_path, monkeypatch):
    folder = tmp_path / "results"
    drawn = tmp_path / "lengths.png"
    monkeypatch.setattr(digits_length.Digits, "__init__", _short(digits_length.Digits.__init__))
    flags = ["--runs", str(run), "--results", str(folder), "--plot", str(drawn)]
    digits_length.main(flags)
    (record,) = digits_length.read_records(folder)
    assert record.name == "digits-length" and "recollect train digits-location" in record.command
    assert {"location_digit_error", "location-window_error_12_digits"} <= set(record.metrics)
    assert drawn.stat().st_size > 5000
    again = tmp_path / "again.png"
    digits_length.main(["--drawn", "--results", str(folder), "--plot", str(again)])
    assert again.stat().st_size == drawn.stat().st_size


def _short(init):
    def shorter(self, takes, **kinds):
        init(self, takes, **{**kinds, "count": 7})

    return shorter


def test_ways_change_what_is_read_and_no_parameter():
    wide = {"location": speech.digits_location, "monotonic": speech.digits_monotonic}
    for name, recipe in wide.items():
        model = recipe().model
        found = digits_length.ways(model)
        assert list(found) == ["", {"location": "-window", "monotonic": "-hard"}[name]]
        sizes = [sum(p.numel() for p in c.build(None).parameters()) for c in found.values()]
        assert len(set(sizes)) == 1
    assert list(digits_length.ways(speech.digits_content().model)) == [""]


def test_a_line_for_every_way(tmp_path):
    told = {
        f"{name}_error_{n}_digits": figure([n, n + 1.0])
        for name in ("a", "b-hard")
        for n in (2, 12)
    }
    digits_length.plot(told, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 5000
