"""The way of a plain call stays short."""

from benchmarks.call_path import measure_call_path


def test_a_plain_call_passes_few_frames_and_files() -> None:
    path = measure_call_path()

    assert path.frames[0].endswith(" execute")
    assert len(path.frames) <= 22, path.frames
    assert len(path.files_to_write) <= 34, sorted(path.files_to_write)
    assert len(path.files) <= 50, sorted(path.files)
