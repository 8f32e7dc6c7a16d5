"""The contract suite: what every connector must do, tried over a stand-in by real HTTP. Imported by tests alone; it needs pytest.

    class TestTeashop(Suite):
        package, secrets = sverka_teashop, {"token": "sandbox-teashop"}

        @pytest.fixture
        def stand(self): ...       # yields a Stand: the vendor's stand-in, and a person at the vendor's own screen

docs/connector-guide.md walks from nothing to a connector that passes.
"""

import pytest

pytest.register_assert_rewrite(
    "connectors.kit.frame", "connectors.kit.suite"
)  # so that a failure shows the values compared, as in a test's own file

from connectors.facts import complaints  # noqa: E402
from connectors.kit.stand import Answer, MemoryTokens, Stand, Unwritten  # noqa: E402
from connectors.kit.suite import Suite  # noqa: E402

__all__ = ["Answer", "MemoryTokens", "Stand", "Suite", "Unwritten", "complaints"]
