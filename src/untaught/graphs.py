"""A step of the loop as one launch: recorded on the GPU, then replayed.

A step is hundreds of small kernels, which Python hands to the GPU one by one; a recorded step is handed over whole. The
fit's own first steps serve as the warm-up that a recording needs, so nothing runs twice and no state has to be put
back: the numbers are those of the loop that is not recorded, jitter included.

UNMEASURED: `CudaRecorder` has not met a GPU yet. All else here is tested on the CPU, with stand-ins for what CUDA does.
Source: PyTorch's notes "CUDA semantics", section "CUDA Graphs", whole-network capture; `torch.cuda.CUDAGraph` for
`register_generator_state`. Departs: warm-up and recording share one stream, because the matrix libraries make what they
need for each stream when it is first used, which must not fall into a recording (PyTorch's pull request 187745).
"""

import warnings
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

Work = Callable[[], tuple[Tensor, Tensor]]
"""One step: all that it reads and writes lies on the device, in place. Gives the iterate and its loss."""

WARM_UP = 3  # steps taken before one is recorded: libraries choose their kernels, optimisers make their state


class Recorder(Protocol):
    """What a device offers for recording."""

    def warm(self, work: Work, /) -> tuple[Tensor, Tensor]:
        """Do the work, where it will be recorded."""
        ...

    def record(self, work: Work, /) -> tuple[Tensor, Tensor]:
        """Record the work without doing it. The tensors given are those that every replay fills anew.

        Raises: RuntimeError if it can't be recorded; nothing has changed then.
        """
        ...

    def replay(self) -> None:
        """Do what was recorded."""
        ...


class Recorded:
    """Calls `work` a few times, records it, and from then on replays it. What it can't record it goes on calling."""

    def __init__(self, work: Work, recorder: Recorder) -> None:
        self.work, self.recorder = work, recorder
        self.calls = 0
        self.outputs: tuple[Tensor, Tensor] | None = None
        self.refused = False

    def __call__(self) -> tuple[Tensor, Tensor]:
        self.calls += 1
        if self.calls <= WARM_UP:
            return self.recorder.warm(self.work)
        if self.outputs is None and not self.refused:
            try:
                self.outputs = self.recorder.record(self.work)
            except RuntimeError as error:
                self.refused = True
                reason = str(error).partition("\n")[0]
                warnings.warn(f"a step could not be recorded, the fit goes on without ({reason})", stacklevel=2)
        if self.outputs is None:
            return self.work()
        self.recorder.replay()
        x, loss = self.outputs
        return x.clone(), loss.clone()  # the next replay overwrites them


class CudaRecorder:
    """Records into a CUDA graph. UNMEASURED, see above."""

    def __init__(self, device: torch.device, generators: list[torch.Generator]) -> None:
        self.device, self.generators = device, generators
        self.stream = torch.cuda.Stream(device)
        self.graph = torch.cuda.CUDAGraph()

    def warm(self, work: Work) -> tuple[Tensor, Tensor]:
        current = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(current)
        with torch.cuda.stream(self.stream), warnings.catch_warnings():
            # torch's optimisers say that `capturable` is of no use before a recording: it is, for the one that comes
            warnings.filterwarnings("ignore", message=".*capturable=True")
            outputs = work()
        current.wait_stream(self.stream)
        return outputs

    def record(self, work: Work) -> tuple[Tensor, Tensor]:
        current = torch.cuda.current_stream(self.device)
        before = [generator.clone_state() for generator in self.generators]
        for generator in self.generators:
            self.graph.register_generator_state(generator)
        try:
            with torch.cuda.device(self.device), torch.cuda.graph(self.graph, stream=self.stream):
                return work()
        except (
            RuntimeError
        ):  # one that broke off may leave its stream the current one, and generators in wait of its end
            torch.cuda.set_stream(current)
            for generator, state in zip(self.generators, before, strict=True):
                generator.graphsafe_set_state(state)
            raise

    def replay(self) -> None:
        self.graph.replay()


def recorder(device: torch.device, generators: list[torch.Generator]) -> Recorder | None:
    """What can record on a device, if anything can; `generators` are all that the work draws from."""
    return CudaRecorder(device, generators) if device.type == "cuda" else None


def on_device(optimisers: list[torch.optim.Optimizer], device: torch.device) -> None:
    """Keep the rates on the device, and torch's own count of steps, so that a recorded step reads the newest."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = torch.tensor(group["lr"], device=device)
            if "capturable" in group:
                group["capturable"] = device.type == "cuda"  # torch allows it nowhere else
