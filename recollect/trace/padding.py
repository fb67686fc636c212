"""Keep what `nn.TransformerEncoder` makes of padding, when a trace turns its fast path off.

In inference torch packs a padded batch into a nested tensor, and the rows of the padding come out
of the last layer as zeros. Its plain path, which a trace runs because only there the weights can
be seen, fills those rows with numbers. So that a trace changes no output, they are made zero.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle


class _Shadow:
    """Another object's attributes, but for those given."""

    def __init__(self, of: object, **own: object) -> None:
        self._of = of
        self.__dict__.update(own)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)


class _FirstLayer(_Shadow):
    """Stands for an encoder's first layer, runs nothing, and remembers whether it got a pack."""

    packed = False

    def __call__(self, src: Tensor, **masks: object) -> Tensor:
        self.packed = src.is_nested
        return src


def packs(encoder: nn.TransformerEncoder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Ask torch's own forward whether it would pack this batch.

    Its reasons are a dozen and change between versions, so they are not repeated here: it runs on
    a stand-in whose only layer notes what it is handed.
    """
    layer = _FirstLayer(encoder.layers[0])
    stand_in: Any = _Shadow(encoder, layers=[layer], norm=None)
    with torch._C.DisableTorchFunction():
        nn.TransformerEncoder.forward(stand_in, *args, **kwargs)
    return layer.packed


class Padding:
    """Hooks on one encoder and its last layer, which zero the padding where torch would have."""

    def __init__(self, encoder: nn.TransformerEncoder) -> None:
        self.masks: list[Tensor | None] = []
        self.handles: list[RemovableHandle] = [
            encoder.register_forward_pre_hook(self._before, with_kwargs=True),
            encoder.layers[-1].register_forward_hook(self._last),
            encoder.register_forward_hook(self._after, always_call=True),
        ]

    def _before(
        self, encoder: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        assert isinstance(encoder, nn.TransformerEncoder)
        padding = args[2] if len(args) > 2 else kwargs.get("src_key_padding_mask")
        plain = type(encoder).forward is nn.TransformerEncoder.forward
        if padding is None or encoder.training or not plain or not packs(encoder, args, kwargs):
            self.masks.append(None)
        else:
            self.masks.append(padding if padding.dtype == torch.bool else padding != 0)

    def _last(self, layer: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
        mask = self.masks[-1] if self.masks else None
        return output if mask is None else output.masked_fill(mask.unsqueeze(-1), 0.0)

    def _after(self, encoder: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
        if self.masks:
            self.masks.pop()
