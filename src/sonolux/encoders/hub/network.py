"""The weights of a checkpoint, loaded once, when first needed, for all of its encoders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.device import chosen_device, precision
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.errors import EncoderError, ModelError

if TYPE_CHECKING:
    import torch


class Network:
    """A transformers model on the chosen device, in half precision where the device is made for it."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self._model = LoadedOnce(self._loaded)

    @property
    def model(self) -> Any:
        """The model; the first use loads its weights."""
        return self._model()

    @property
    def loaded(self) -> bool:
        """Whether the weights are in memory."""
        return self._model.done

    @cached_property
    def device(self) -> torch.device:
        """Where it computes."""
        return chosen_device()

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer of the checkpoint."""
        from transformers import AutoTokenizer

        return load(AutoTokenizer.from_pretrained, self.checkpoint)

    def outputs(self, method: Callable[..., Any], inputs: Mapping[str, Any]) -> NDArray[np.float32]:
        """Run a method of the model without gradients; return what it pools, one float32 row an input."""
        return self.rows(lambda **placed: method(**placed).pooler_output.flatten(start_dim=1), inputs)

    def rows(self, function: Callable[..., torch.Tensor], inputs: Mapping[str, Any]) -> NDArray[np.float32]:
        """Run a function of the inputs without gradients, where the model is; return its rows as float32."""
        import torch

        dtype = precision(self.device)
        placed = {
            name: tensor.to(self.device, dtype if tensor.is_floating_point() else None)
            for name, tensor in inputs.items()
        }
        with torch.inference_mode():
            rows: NDArray[np.float32] = function(**placed).float().cpu().numpy()
        return rows

    def without_weights(self) -> Any:
        """Return the model as its configuration describes it, on the meta device: it tells shapes, and costs nothing.

        Raises
        ------
        EncoderError
            Where no model can be built from the configuration.
        """
        import torch
        from transformers import AutoConfig, AutoModel

        config = load(AutoConfig.from_pretrained, self.checkpoint)
        try:
            with torch.device("meta"):
                return AutoModel.from_config(config, trust_remote_code=False).eval()
        except Exception as error:  # sizes that do not fit together can fail anywhere in transformers
            raise EncoderError(f"model {self.checkpoint.name}: config.json is not as expected: {error}") from error

    def _loaded(self) -> Any:
        from transformers import AutoModel

        model, report = load(
            AutoModel.from_pretrained,
            self.checkpoint,
            dtype=precision(self.device),
            use_safetensors=True,
            output_loading_info=True,
        )
        if report["missing_keys"]:
            # transformers would fill them with random numbers.
            missing = sorted(report["missing_keys"])[0]
            raise ModelError(f"model {self.checkpoint.name}: the weights lack {missing}")
        return model.to(self.device).eval()


def load(loader: Callable[..., Any], checkpoint: Checkpoint, **options: Any) -> Any:
    """Load one part of a checkpoint with transformers: from its folder, without code of its own, silently.

    Raises
    ------
    ModelError
        Where it cannot be loaded, whatever the reason.
    """
    try:
        with _quiet():
            return loader(str(checkpoint.folder), local_files_only=True, trust_remote_code=False, **options)
    except Exception as error:  # a broken folder can fail anywhere in transformers
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(f"model {checkpoint.name} cannot be loaded: {reason}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    from transformers.utils import logging

    verbosity, progress = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if progress:
            logging.enable_progress_bar()
