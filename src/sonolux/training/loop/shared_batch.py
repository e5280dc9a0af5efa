"""Data parallelism that changes nothing: processes compute a part of each batch, and all see what came of the whole.

Every process draws the same batch and the same views of it. A module that is shared computes the rows of its own
process alone, and gives out those of all; what follows, a loss that compares all items of a batch with each other for
one, is that of a single process. The gradient of the own rows counts as often as there are processes, since
`torch.nn.parallel.DistributedDataParallel` takes the mean of what they find. Batch normalisation measures the whole
batch, and dropout draws for the whole batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import distributed, nn
from torch.distributed.nn import functional as between
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm


class Sharing:
    """Which rows of a batch are those of this process.

    Attributes
    ----------
    rank, processes : int
    active : bool
        Whether a step is going on; outside of one, every process computes all.
    rows : int
        Of the batch that is shared now.
    """

    def __init__(self, rank: int, processes: int) -> None:
        self.rank, self.processes = rank, processes
        self.active = False
        self.rows = 0

    def own(self, whole: torch.Tensor) -> torch.Tensor:
        """Return the rows of this process, as many as any other has: where they do not come out even, some twice."""
        self.rows = len(whole)
        missing = -len(whole) % self.processes
        if missing:
            whole = torch.cat([whole, *[whole[:1]] * missing])
        rows: torch.Tensor = _Own.apply(whole, self)  # type: ignore[no-untyped-call]
        return rows

    def together(self, part: torch.Tensor) -> torch.Tensor:
        """Return the rows of all processes, in the order of the batch."""
        rows: torch.Tensor = _Together.apply(part, self)  # type: ignore[no-untyped-call]
        return rows[: self.rows]


class SharingSteps(Callback):
    """Shares batches for as long as a step goes on."""

    def __init__(self, sharing: Sharing) -> None:
        self.sharing = sharing

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Begin."""
        self.sharing.active = True

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """End."""
        self.sharing.active = False


def share_modules(modules: Iterable[nn.Module], sharing: Sharing) -> None:
    """Have modules, of which none is part of another, compute the rows of this process alone and give out all.

    Parameters
    ----------
    modules : iterable of torch module
        Each from one tensor to one tensor, whose rows are items.
    sharing : Sharing
    """

    def take(module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...] | None:
        return (sharing.own(given[0]), *given[1:]) if sharing.active else None

    def give(module: nn.Module, given: Any, part: torch.Tensor) -> torch.Tensor | None:
        return sharing.together(part) if sharing.active else None

    for module in modules:
        for one in module.modules():
            _see_the_whole(one, sharing)
        module.register_forward_pre_hook(take)
        module.register_forward_hook(give)


def _see_the_whole(module: nn.Module, sharing: Sharing) -> None:
    """Make of batch normalisation and dropout, where they are, those of a batch that is shared."""
    if type(module) in (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d):
        module.__class__ = SharedBatchNorm
    elif type(module) is nn.Dropout:
        module.__class__ = SharedDropout
    else:
        return
    module.sharing = sharing  # type: ignore[assignment]


class SharedBatchNorm(_BatchNorm):
    """Batch normalisation over the rows of all processes; torch's own does this on GPUs alone."""

    sharing: Sharing

    def _check_input_dim(self, input: torch.Tensor) -> None:  # noqa: A002 - torch's name
        """Take any."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - torch's name
        """Return inputs (n, channels, ...) less their mean, over their deviation, scaled and shifted."""
        if not (self.training and self.sharing.active):
            whole: torch.Tensor = super().forward(input)
            return whole
        axes = [0, *range(2, input.ndim)]
        shape = (1, -1, *[1] * (input.ndim - 2))
        seen = input.float()
        mean = self._mean(seen.mean(axes))
        centred = seen - mean.view(shape)
        variance = self._mean(centred.square().mean(axes))
        self._remember(mean.detach(), variance.detach(), self.sharing.processes * seen.numel() // len(mean))
        normal = centred * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            normal = normal * self.weight.view(shape) + self.bias.view(shape)
        return normal.to(input.dtype)

    def _mean(self, own: torch.Tensor) -> torch.Tensor:
        """Return the mean over processes, each of which has as many rows."""
        total: torch.Tensor = between.all_reduce(own)  # type: ignore[no-untyped-call]
        return total / self.sharing.processes

    def _remember(self, mean: torch.Tensor, variance: torch.Tensor, count: int) -> None:
        if not self.track_running_stats:
            return
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        unbiased = variance * (count / max(count - 1, 1))
        self.running_var.lerp_(unbiased.to(self.running_var.dtype), share)


class SharedDropout(nn.Dropout):
    """Dropout that draws what a single process would."""

    sharing: Sharing

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - torch's name
        """Return inputs (n, ...) without some of their numbers."""
        if not (self.training and self.sharing.active and self.p):
            return super().forward(input)
        rows, rank = len(input), self.sharing.rank
        kept = functional.dropout(input.new_ones((rows * self.sharing.processes, *input.shape[1:])), self.p)
        return input * kept[rank * rows : (rank + 1) * rows]


def _gathered(part: torch.Tensor, sharing: Sharing) -> torch.Tensor:
    parts = [torch.empty_like(part, memory_format=torch.contiguous_format) for _ in range(sharing.processes)]
    distributed.all_gather(parts, part.contiguous())
    return torch.cat(parts)


class _Own(torch.autograd.Function):
    """Rows of this process; the gradient is that of all rows again, as every process would find it alone."""

    @staticmethod
    def forward(ctx: Any, whole: torch.Tensor, sharing: Sharing) -> torch.Tensor:
        ctx.sharing = sharing
        return whole.chunk(sharing.processes)[sharing.rank].clone()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        sharing: Sharing = ctx.sharing
        return _gathered(gradients[0], sharing) / sharing.processes, None


class _Together(torch.autograd.Function):
    """Rows of all processes; the gradient of the own counts as often as there are processes."""

    @staticmethod
    def forward(ctx: Any, part: torch.Tensor, sharing: Sharing) -> torch.Tensor:
        ctx.sharing = sharing
        return _gathered(part, sharing)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        sharing: Sharing = ctx.sharing
        return gradients[0].chunk(sharing.processes)[sharing.rank] * sharing.processes, None
