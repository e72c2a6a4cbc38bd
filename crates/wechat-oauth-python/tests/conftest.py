"""What a developer's machine has, and a test's does not."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from servers import path_of

if TYPE_CHECKING:
    from collections.abc import Generator

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="session")
def installed() -> Generator[None]:
    """The program is where the shell finds it, and the site in the current folder."""
    with pytest.MonkeyPatch.context() as patch:
        folder = Path(path_of("WECHAT_OAUTH_COMMAND")).parent
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        patch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
        yield
