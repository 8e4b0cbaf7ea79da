# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every test."""

import signal

import pytest


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
