"""What is installed is one package, with the data in it, and nothing else."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hookproof.contracts.library import builtin

ROOT = Path(__file__).parents[1]


def relative(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("folder", ["contracts", "fixtures"])
def test_the_data_at_hand_is_that_of_the_checkout(folder: str) -> None:
    """Installed or not."""
    assert relative(builtin(folder)) == relative(ROOT / folder)


@pytest.mark.parametrize("name", ["contracts", "fixtures", "mocks"])
def test_no_folder_of_ours_is_importable(name: str) -> None:
    """These names belong to users."""
    spec = importlib.util.find_spec(name)

    assert spec is None or spec.origin is None


def test_the_wheel_holds_the_package_alone(tmp_path: Path) -> None:
    """With all data, the typing marker, and no tests."""
    build = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {name.split("/")[0].split("-")[0] for name in names} == {"hookproof"}
    for folder in ("contracts", "fixtures"):
        assert {f"hookproof/data/{folder}/{name}" for name in relative(ROOT / folder)} <= names
    assert "hookproof/py.typed" in names
    assert {f"hookproof/{name}" for name in relative(ROOT / "mocks/hookproof") if name.endswith(".py")} <= names
