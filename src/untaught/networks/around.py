"""Networks made of another network."""

from dataclasses import dataclass

from untaught.core import Input, Network


@dataclass(frozen=True, kw_only=True)
class Around(Network):
    """A network whose input and sizes are those of the one inside."""

    network: Network

    @property
    def input(self) -> Input:  # type: ignore[override]
        """The network's."""
        return self.network.input

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return self.network.input_size(height, width)
