"""Build the package rtm: the Python layer, and the extension rtm._core with librtm inside.

In a checkout librtm's sources stand two folders up; a source distribution carries them in core/.
What must be there: a C compiler, Python.h, and the headers of OpenSSL (3) and c-ares.
"""

import glob
import os
import pathlib
import re
import shutil

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

HERE = pathlib.Path(__file__).resolve().parent
CARRIED = HERE / "core"
CHECKOUT = HERE.parent.parent
CORE = CARRIED if (CARRIED / "lib").is_dir() else CHECKOUT


def version():
    text = (CORE / "include/rtm/version.h").read_text(encoding="utf-8")
    return re.search(r'RTMKIT_VERSION_TEXT "([^"]+)"', text)[1]


def relative(pattern):
    return sorted(os.path.relpath(path, HERE) for path in glob.glob(str(HERE / pattern)))


class BuildExtension(build_ext):
    """Compiles librtm along with the extension.

    Its sources stand outside of this folder, which setuptools does not like to be told; so they
    are added here, by their full names.
    """

    def build_extension(self, ext):
        core = sorted(str(path) for path in (CORE / "lib").glob("*/*.c"))
        if not core:
            raise FileNotFoundError(f"the sources of librtm are not in {CORE}")
        ext.sources = ext.sources + core
        ext.depends = sorted(str(path) for folder in ("lib", "include")
                             for path in (CORE / folder).rglob("*.h"))
        super().build_extension(ext)


class SourceDistribution(sdist):
    """Takes librtm's sources along."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        # The extension names its own header from the root, too.
        for folder, kinds in (("lib", "*.[ch]"), ("include", "*.h"),
                              ("bindings/python/src", "core.h")):
            for path in (CORE / folder).rglob(kinds):
                target = pathlib.Path(base_dir, "core", path.relative_to(CORE))
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


setup(
    name="rtm",
    version=version(),
    description="RTM for the server end: listen, monitor, send. A C core, the documented interface",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=["rtm"],
    package_data={"rtm": ["*.pyi", "py.typed"]},
    ext_modules=[Extension(
        "rtm._core",
        sources=relative("src/*.c"),
        include_dirs=[str(CORE), str(CORE / "include")],
        define_macros=[("_GNU_SOURCE", None)],
        libraries=["ssl", "crypto", "cares"],
        extra_compile_args=["-std=c11", "-O2", "-fvisibility=hidden", "-pthread"],
        extra_link_args=["-pthread", f"-Wl,--version-script={HERE / 'src/core.map'}"],
        py_limited_api=True,
    )],
    cmdclass={"build_ext": BuildExtension, "sdist": SourceDistribution},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
    zip_safe=False,
)
