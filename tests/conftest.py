# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every test, and policies with a known answer."""

import os
import signal
from pathlib import Path

import pytest

from models.files import user_folder
from tools import policies


@pytest.fixture(autouse=True, scope="session")
def no_styles_of_the_users(tmp_path_factory):
    """The user's own styles count for nothing; commands that tests start inherit this too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_works():
    """Also where the tests run in the background of a shell, which has Ctrl-C ignored there and in what they start."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory):
    """The user's cache folder is left alone, but for the GIMP roots; commands that tests start inherit this too."""
    with pytest.MonkeyPatch.context() as patch:
        if "AUTO_ENHANCE_CACHE" not in os.environ:
            patch.setenv("AUTO_ENHANCE_CACHE", str(user_folder("cache", platform="linux")))
        for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
            patch.setenv(name, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def every(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that moves every slider by a known number of levels."""
    return policies.write(tmp_path_factory.mktemp("policy") / "every.onnx", policies.EVERY_SLIDER)


@pytest.fixture(scope="session")
def brighten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that looks at the picture: the darker, the more exposure."""
    return policies.write(tmp_path_factory.mktemp("policy") / "brighten.onnx", policies.BRIGHTEN)


LONG_FIRST = (
    "gimp/test_gui.py", "web/test_page.py", "trainer/test_fit.py", "gimp/test_image_kinds.py",
    "trainer/test_distributed.py", "gimp/test_batch.py", "gimp/test_plugin.py", "enhancer/test_batch.py",
    "gimp/test_bundle.py", "gimp/test_operations.py", "gimp/test_chain.py", "gimp/test_merged_memory.py",
    "gimp/test_words.py", "gimp_plugin/test_doctor.py", "gimp_plugin/test_bundle.py",
)  # fmt: skip
"""Modules that take longest. Two processes share the modules out: with one of these last, one would wait for it."""


def pytest_collection_modifyitems(items):
    def place(item):
        path = item.path.as_posix()
        return next((i for i, name in enumerate(LONG_FIRST) if path.endswith(f"tests/{name}")), len(LONG_FIRST))

    items.sort(key=place)
