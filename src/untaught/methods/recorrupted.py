"""A network that improves on an estimate, fitted to recorrupted copies of the one noisy image."""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.func import functional_call

from untaught.classical import Estimate, View
from untaught.core import Problem, Proposal
from untaught.methods.averaged import AveragedRun
from untaught.methods.held_tiles import MARGIN, Tiles
from untaught.methods.symmetries import turned

TOGETHER = 8  # tiles looked at in one go
CLIPPED = 2.0, 3.0  # sigmas from black or white: nothing is changed up to the first, and all beyond the second


@dataclass(frozen=True, kw_only=True)
class Recorrupted:
    """`x = x0 + sigma g_theta(z)`: x0 the mixture of the estimates of a view, z those estimates and the view itself.

    Fitted on the recorrupted views of the image, whose targets have noise that is independent of theirs, one tile of
    them at a time; used on the image itself. Every `held` th tile is kept from the fit: the risk there says when what
    is learned is the noise of the others. What is shown is made with the running average of the weights.

    Source: Pang et al. 2021 (CVPR), "Recorrupted-to-Recorrupted", for the objective. Departs: the network starts from
    estimates made of the same view, and their noise is cancelled in antithetic pairs of one tile.
    """

    estimate: Estimate | None = field(default=None, repr=False)  # of the image at hand
    tile: int = 64  # pixels a side; less in a small image
    tiles: int = 6  # at a step, each with both views of a pair
    held: int = 5
    every: int = 5  # steps between two looks at the whole image
    decay: float = 0.95  # of the running average of the weights

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "RecorruptedRun":
        if self.estimate is None or len(self.estimate.views) < 3:
            raise ValueError("there is no estimate with recorrupted views to improve on")
        return RecorruptedRun(self, self.estimate, problem, z, generator)


class RecorruptedRun(AveragedRun):
    """`Recorrupted` at work."""

    def __init__(
        self, rule: Recorrupted, estimate: Estimate, problem: Problem, z: Tensor, generator: torch.Generator
    ) -> None:
        super().__init__(rule.decay, estimate.mixed[0], generator)
        self.rule, self.estimate, self.problem, self.z = rule, estimate, problem, z
        self.tiles = Tiles.of(rule.tile, rule.held, *problem.shape[1:], problem.y.device)

    def propose(self, network: nn.Module) -> Proposal:
        self.average(network)
        if self.steps % self.rule.every == 0:
            with torch.no_grad():
                self.held_out, self.shown = self.risk(network), self.whole(network)
        self.steps += 1
        size, pairs = self.tiles.size, (len(self.estimate.views) - 1) // 2
        corners = self.tiles.draw(self.rule.tiles, self.generator)
        ways = torch.randint(8, (len(corners),), generator=self.generator, device=self.generator.device).tolist()
        which = torch.randint(pairs, (len(corners),), generator=self.generator, device=self.generator.device).tolist()
        z, start, reach, target = [], [], [], []
        for corner, way, pair in zip(corners, ways, which, strict=True):
            for view in (2 * pair + 1, 2 * pair + 2):
                piece = self.piece(view, corner)
                z.append(turned(piece.z, way))
                start.append(turned(piece.start, way))
                reach.append(turned(piece.reach, way))
                target.append(turned(piece.target, way)[..., MARGIN:-MARGIN, MARGIN:-MARGIN])
        x = torch.cat(start) + torch.cat(reach) * network(torch.cat(z))
        asked = replace(self.problem, y=torch.cat(target), shape=(x.shape[1], size, size))
        return Proposal(x=x, problem=asked, shown=self.shown)

    def piece(self, view: int, corner: tuple[int, int], width: int | None = None) -> "Piece":
        """What is known of a tile of a view, with its margin."""
        rows, columns = self.tiles.around(corner, width)
        seen, mixed = self.estimate.views[view], self.estimate.mixed[view]

        def cut(image: Tensor) -> Tensor:
            return image.index_select(2, rows).index_select(3, columns)

        start = cut(mixed)
        z = features(seen, start, [cut(one) for one in seen.estimates])
        return Piece(z, start, self.reach(start, seen.sigma), cut(seen.target))

    def reach(self, start: Tensor, sigma: float) -> Tensor:
        """By how much an estimate may be changed: sigma, but not where clipping has made the noise narrower.

        There a view and its target are not independent. The view's own estimate says where that is, and so chooses no
        noise of the target.
        """
        if not self.estimate.clipped:
            return torch.full_like(start, sigma)
        room = torch.minimum(start, 1 - start) / sigma
        return sigma * (room - CLIPPED[0]).div(CLIPPED[1] - CLIPPED[0]).clamp(0, 1)

    def risk(self, network: nn.Module) -> Tensor:
        """How much nearer the held-out tiles of the views have come to their targets, in units of the noise's variance.

        Negative is better; what the targets' own noise adds drops out of the difference.
        """
        total, count = self.z.new_zeros(()), 0
        corners = [corner for corner, held in self.tiles if held]
        for first in range(0, len(corners), TOGETHER):
            for view in range(1, len(self.estimate.views)):
                pieces = [self.piece(view, corner) for corner in corners[first : first + TOGETHER]]
                start, target = torch.cat([p.start for p in pieces]), torch.cat([p.target for p in pieces])
                made = start + self.change(network, pieces)
                gain = (made - target).square() - (start - target).square()
                for (top, left), one in zip(corners[first : first + TOGETHER], gain, strict=True):
                    inner = one[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
                    inside = inner[:, : self.tiles.height - top, : self.tiles.width - left]
                    total, count = total + inside.sum(), count + inside.numel()
        return total / (count * self.estimate.views[0].sigma ** 2)

    def whole(self, network: nn.Module) -> Tensor:
        """The image itself, improved, a band of tiles at a time."""
        _, _, height, width = self.shown.shape
        made = torch.empty_like(self.shown)
        for top in range(0, height, self.tiles.size):
            piece = self.piece(0, (top, 0), width)
            out = piece.start + self.change(network, [piece])
            rows = min(self.tiles.size, height - top)
            made[:, :, top : top + rows] = out[:, :, MARGIN : MARGIN + rows, MARGIN : MARGIN + width]
        return made

    def change(self, network: nn.Module, pieces: list["Piece"]) -> Tensor:
        """What the network with its averaged weights adds to some pieces."""
        made: Tensor = functional_call(network, self.weights, (torch.cat([piece.z for piece in pieces]),))
        return torch.cat([piece.reach for piece in pieces]) * made


@dataclass(frozen=True)
class Piece:
    """A tile of a view and its margin: the network's input, where it starts from, how far it may go, its target."""

    z: Tensor
    start: Tensor
    reach: Tensor
    target: Tensor


def features(view: View, mixed: Tensor, estimates: list[Tensor]) -> Tensor:
    """The network's input `[1, F, H, W]`: the mixture, and how each of its estimates differs from it, in sigmas.

    The noisy image is one of the estimates.
    """
    return torch.cat([mixed - 0.5, *(estimate - mixed for estimate in estimates)], dim=1) / view.sigma
