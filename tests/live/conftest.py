"""A tiny network, and a bench of it."""

import pytest

from convscope import Network, open_source
from convscope.data.sources import wrap_dataset
from convscope.live.bench import Bench
from tests.live.making import picture, tiny


@pytest.fixture(scope="session")
def net() -> Network:
    return tiny()


@pytest.fixture
def bench(net: Network) -> Bench:
    """The bench of the network over three pictures."""
    return Bench(net, spec="py:nets:tiny", source=open_source(wrap_dataset([picture(seed) for seed in (3, 4, 5)])))
