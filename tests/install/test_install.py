"""The product as installed: what is there, how users build against it, and that it may move."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from support.gate import DEADLINE, PID, SECRET, Gate, program

RTMD = program("RTMD")
BUILD = os.environ.get("RTMKIT_BUILD")
SOURCE = pathlib.Path(os.environ.get("RTMKIT_SOURCE", "."))

pytestmark = pytest.mark.skipif(RTMD is None or BUILD is None, reason="not built")


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    where = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", where], check=True,
                   stdout=subprocess.DEVNULL, timeout=DEADLINE)
    return where


def test_what_is_installed(prefix):
    for name in ["bin/rtm", "sbin/rtmd", "include/rtm/rtm.h", "share/man/man1/rtm.1",
                 "share/man/man3/librtm.3", "share/man/man5/rtmd.conf.5",
                 "share/man/man8/rtmd.8", "lib/systemd/system/rtmd.service",
                 "lib/sysusers.d/rtmd.conf"]:
        assert (prefix / name).is_file(), name
    pages = sorted(path.name for path in (SOURCE / "man").glob("*.3"))
    assert sorted(path.name for path in (prefix / "share/man/man3").iterdir()) == pages
    assert not list(prefix.rglob("session.h"))
    assert subprocess.run([prefix / "bin/rtm", "version"], timeout=DEADLINE).returncode == 0


def test_the_unit_is_one_that_systemd_takes(prefix):
    unit = prefix / "lib/systemd/system/rtmd.service"
    assert f"ExecStart={prefix}/sbin/rtmd --config " in unit.read_text()
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze")
    done = subprocess.run([analyze, "verify", "--man=no", "--recursive-errors=no", unit],
                          capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    # 0 is no exposure and 100 is all; what is left are the network and the user's own files.
    done = subprocess.run([analyze, "security", "--offline=true", "--threshold=20",
                           "--no-pager", unit], capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 0, done.stdout


def test_the_readme_program_listens(prefix, tmp_path):
    config = next(prefix.rglob("rtm.pc")).parent
    environment = {**os.environ, "PKG_CONFIG_PATH": str(config),
                   "LD_LIBRARY_PATH": str(config.parent)}
    # What the README says, as a user types it.
    subprocess.run(f"cc {SOURCE}/examples/readme_listen.c -o {tmp_path}/listen"
                   " $(pkg-config --cflags --libs rtm)", shell=True, check=True,
                   env=environment, timeout=DEADLINE)
    with Gate(tmp_path) as gate:
        environment.update(RTM_GATE=gate.endpoint, RTM_PID=str(PID), RTM_SECRET=SECRET)
        with subprocess.Popen(["stdbuf", "-oL", tmp_path / "listen"], env=environment,
                              stdout=subprocess.PIPE, text=True) as listener:
            try:
                # It says nothing when it is ready: send until it has heard one.
                sender = subprocess.Popen(
                    [prefix / "bin/rtm", "send", "group", "7", "-l", "--from", "1001", "--rate",
                     "50"], env=environment, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, text=True)
                sender.stdin.write("hello\n" * 500)
                sender.stdin.close()
                assert listener.stdout.readline() == "group 7, user 1001: hello\n"
                sender.terminate()
                sender.wait(DEADLINE)
            finally:
                listener.terminate()


CMAKE = """\
cmake_minimum_required(VERSION 3.21)
project(user C)
find_package(rtm {version} REQUIRED)
add_executable(shared {source})
target_link_libraries(shared PRIVATE rtm::rtm)
add_executable(static {source})
target_link_libraries(static PRIVATE rtm::rtm_static)
"""


def run(*command, **options):
    options.setdefault("timeout", DEADLINE)
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                          **options)


def needs_librtm(binary):
    return "librtm.so.0" in run("readelf", "-d", binary, check=True).stdout


def assert_runs(binary, **variables):
    """Without a gate in the environment the program says so: it was linked and started."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("RTM_")}
    done = subprocess.run([binary], env={**clean, **variables}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=DEADLINE)
    assert re.search("invalid argument|usage:", done.stdout), done.stdout


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A tree that was installed under one name, and has another now."""
    where = tmp_path_factory.mktemp("moved")
    run("cmake", "--install", BUILD, "--prefix", where / "before", check=True)
    (where / "before").rename(where / "after")
    return where / "after"


def test_destdir_holds_the_tree(tmp_path):
    run("cmake", "--install", BUILD, "--prefix", "/opt/rtm", check=True,
        env={**os.environ, "DESTDIR": str(tmp_path)})
    assert [entry.name for entry in tmp_path.iterdir()] == ["opt"]
    assert (tmp_path / "opt/rtm/include/rtm/rtm.h").is_file()


def test_only_public_headers(prefix):
    public = sorted(path.name for path in (SOURCE / "include/rtm").glob("*.h"))
    assert sorted(path.name for path in prefix.rglob("*.h")) == public
    run("/usr/bin/python3", SOURCE / "tools/check_headers", "--include", prefix / "include",
        check=True)


def test_the_shared_library(prefix):
    library = next(prefix.rglob("librtm.so"))
    assert "Library soname: [librtm.so.0]" in run("readelf", "-d", library, check=True).stdout
    run("/usr/bin/python3", SOURCE / "tools/check_symbols", "--library", library, check=True)


@pytest.mark.parametrize("kind", ["shared", "static"])
@pytest.mark.parametrize("compiler", ["cc -std=c99", "c++ -std=c++17 -x c++"])
def test_pkg_config(moved, tmp_path, kind, compiler):
    if shutil.which(compiler.split()[0]) is None:
        pytest.skip("no such compiler")
    config = next(moved.rglob("rtm.pc")).parent
    source = tmp_path / "user.c"
    source.write_text("#include <rtm/rtm.h>\n#include <stdio.h>\n"
                      "int main(void)\n{\n    puts(rtm_strerror(RTM_E_INVAL));\n"
                      "    rtm_client_free(NULL);\n    return 0;\n}\n")
    flags = "--libs" if kind == "shared" else "--static --libs"
    # The archive is named by its file: -lrtm would find the shared one beside it.
    edit = "" if kind == "shared" else f" | sed 's,-lrtm,{config.parent}/librtm.a,'"
    subprocess.run(f"{compiler} $(pkg-config --cflags rtm) {source} -x none -o {tmp_path}/user"
                   f" $(pkg-config {flags} rtm{edit})", shell=True, check=True, timeout=DEADLINE,
                   env={**os.environ, "PKG_CONFIG_PATH": str(config)})
    assert needs_librtm(tmp_path / "user") == (kind == "shared")
    assert_runs(tmp_path / "user", LD_LIBRARY_PATH=str(config.parent))


def test_find_package(moved, tmp_path):
    version = re.search(r'TEXT "([0-9.]+)', (SOURCE / "include/rtm/version.h").read_text())[1]
    (tmp_path / "CMakeLists.txt").write_text(
        CMAKE.format(version=version, source=SOURCE / "examples/readme_listen.c"))
    run("cmake", "-S", tmp_path, "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={moved}", check=True)
    run("cmake", "--build", tmp_path / "b", check=True)
    for kind in ["shared", "static"]:
        assert needs_librtm(tmp_path / "b" / kind) == (kind == "shared")
        assert_runs(tmp_path / "b" / kind)


def configure_user(tmp_path, where, components, **variables):
    """What find_package() makes of these components: its outcome, and which targets are there."""
    shutil.rmtree(tmp_path / "b", ignore_errors=True)
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.21)\nproject(user C)\n"
        f"find_package(rtm REQUIRED {components})\n"
        "foreach(name rtm rtm_static)\n  if(TARGET rtm::${name})\n"
        "    message(STATUS \"has rtm::${name}.\")\n  endif()\nendforeach()\n")
    return run("cmake", "-S", tmp_path, "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={where}",
               stderr=subprocess.STDOUT, env={**os.environ, **variables})


def test_components_that_are_there(moved, tmp_path):
    for components in ["", "COMPONENTS shared", "COMPONENTS static", "COMPONENTS shared static",
                       "OPTIONAL_COMPONENTS static nonsense"]:
        done = configure_user(tmp_path, moved, components)
        assert done.returncode == 0, done.stdout
        assert "has rtm::rtm." in done.stdout and "has rtm::rtm_static." in done.stdout
    done = configure_user(tmp_path, moved, "COMPONENTS nonsense")
    assert done.returncode != 0
    assert "component nonsense: there is none of this name" in " ".join(done.stdout.split())


def test_the_static_component_without_what_it_needs(moved, tmp_path):
    """A machine without c-ares: pkg-config finds nothing there."""
    nothing = {"PKG_CONFIG_LIBDIR": str(tmp_path), "PKG_CONFIG_PATH": ""}
    for components in ["", "COMPONENTS shared", "COMPONENTS shared OPTIONAL_COMPONENTS static"]:
        done = configure_user(tmp_path, moved, components, **nothing)
        assert done.returncode == 0, done.stdout
        assert "has rtm::rtm." in done.stdout and "has rtm::rtm_static." not in done.stdout
    done = configure_user(tmp_path, moved, "COMPONENTS static", **nothing)
    assert done.returncode != 0
    assert ("component static: it needs what was not found: c-ares 1.18 (by pkg-config)"
            in " ".join(done.stdout.split()))


@pytest.fixture(scope="module")
def static_only(tmp_path_factory):
    """A tree that was built without the shared library."""
    where = tmp_path_factory.mktemp("static")
    run("cmake", "-S", SOURCE, "-B", where / "b", "-G", "Ninja", "-DRTMKIT_SHARED=OFF",
        "-DRTMKIT_GATE=OFF", "-DRTMKIT_CLI=OFF", "-DRTMKIT_TESTS=OFF", check=True)
    run("cmake", "--build", where / "b", "-j2", check=True, timeout=300)
    run("cmake", "--install", where / "b", "--prefix", where / "tree", check=True)
    return where / "tree"


def test_a_static_only_tree(static_only, tmp_path):
    assert not list(static_only.rglob("librtm.so*"))
    config = next(static_only.rglob("rtm.pc")).parent
    # Nobody has to ask for the static library where there is no other.
    subprocess.run(f"cc {SOURCE}/examples/readme_listen.c -o {tmp_path}/listen"
                   " $(pkg-config --cflags --libs rtm)", shell=True, check=True,
                   timeout=DEADLINE, env={**os.environ, "PKG_CONFIG_PATH": str(config)})
    assert not needs_librtm(tmp_path / "listen")
    assert_runs(tmp_path / "listen")
    for components in ["", "COMPONENTS static"]:
        done = configure_user(tmp_path, static_only, components)
        assert done.returncode == 0, done.stdout
        assert "has rtm::rtm." not in done.stdout and "has rtm::rtm_static." in done.stdout
    done = configure_user(tmp_path, static_only, "COMPONENTS shared")
    assert done.returncode != 0
    assert "RTMKIT_SHARED=OFF" in done.stdout
    # With neither of the two, no component has to be named for it to fail.
    done = configure_user(tmp_path, static_only, "", PKG_CONFIG_LIBDIR=str(tmp_path),
                          PKG_CONFIG_PATH="")
    assert done.returncode != 0
    assert "c-ares" in done.stdout


def test_find_package_refuses_another_minor_version(moved, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(
        CMAKE.format(version="0.99", source=SOURCE / "examples/readme_listen.c"))
    done = run("cmake", "-S", tmp_path, "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={moved}",
               stderr=subprocess.DEVNULL)
    assert done.returncode != 0
