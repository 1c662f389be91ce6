"""The Python package as users install it: the two lines of the README, a wheel, a source
distribution; off-line."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest

from support.gate import PID, SECRET, Gate

ROOT = pathlib.Path(os.environ["RTMKIT_SOURCE"])
PYTHON = "/usr/bin/python3"
# Neither the build's package nor a network.
CLEAN = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH",)}
CLEAN.update(PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_ROOT_USER_ACTION="ignore")


def run(*words, **options):
    ended = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                           env=CLEAN, timeout=280, **options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The sources that the package is made of, in a tree of their own."""
    tree = tmp_path_factory.mktemp("checkout")
    for name in ("include", "lib", "bindings"):
        shutil.copytree(ROOT / name, tree / name,
                        ignore=shutil.ignore_patterns("build", "dist", "*.egg-info",
                                                      "__pycache__"))
    shutil.copy(ROOT / "README.md", tree)
    return tree


def test_lines_of_the_readme(checkout, tmp_path):
    text = (checkout / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    (python3 -m venv .*|V/bin/pip install .*)$", text, re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        run("sh", "-c", line.replace("python3 -m", f"{PYTHON} -m", 1), cwd=checkout)
    python = checkout / "V/bin/python"
    place = run(python, "-c", "import rtm; print(rtm.__file__)", cwd=tmp_path).strip()
    assert place.startswith(str(checkout / "V/"))
    with Gate(tmp_path, store="memory:") as gate:
        example = checkout / "bindings/python/examples/monitor.py"
        ended = subprocess.run(
            [str(python), str(example), "--demo"], capture_output=True, text=True, timeout=60,
            env={**CLEAN, "RTM_GATE": gate.endpoint, "RTM_PID": str(PID), "RTM_SECRET": SECRET})
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stdout.splitlines()) == 15


def test_wheel_and_source_distribution(checkout, tmp_path):
    package = checkout / "bindings/python"
    run(PYTHON, "setup.py", "-q", "sdist", "-d", tmp_path, cwd=package)
    [archive] = tmp_path.glob("rtm-*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data") if sys.version_info >= (3, 12) \
            else opened.extractall(tmp_path)
    [source] = [path for path in tmp_path.iterdir() if path.is_dir()]
    # Far from any checkout, the source distribution makes the same wheel.
    run(PYTHON, "setup.py", "-q", "bdist_wheel", "-d", tmp_path, cwd=source)
    [wheel] = tmp_path.glob("*.whl")
    assert "-cp311-abi3-linux" in wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("__init__.py", "__init__.pyi", "_core.abi3.so", "_core.pyi", "_calls.pyi",
                 "client.pyi", "py.typed"):
        assert f"rtm/{name}" in names
    run(PYTHON, "-c", f"import sys; sys.path.insert(0, {str(wheel)!r})")
    target = tmp_path / "target"
    zipfile.ZipFile(wheel).extractall(target)
    symbols = run("nm", "-D", "--defined-only", target / "rtm/_core.abi3.so")
    assert [line.split()[-1] for line in symbols.splitlines()] == ["PyInit__core"]
    needed = run("objdump", "-p", target / "rtm/_core.abi3.so")
    assert "librtm" not in needed and "libpython" not in needed
