"""A browser for the tests of the pages."""

import pytest

from tests.server.browser import chromium


@pytest.fixture
async def page(tmp_path):
    async with chromium(tmp_path) as made:
        await made.size(1366, 768)
        yield made
