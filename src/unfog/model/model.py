"""A model: configuration, vocabulary, text encoder, codec and denoiser in one object, without state of a request."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from unfog.codec.identity import Codec
from unfog.config.model import ModelConfig
from unfog.core.cond import Cond
from unfog.core.denoiser import Denoiser
from unfog.nets.picture_encoder import PictureEncoder
from unfog.text.encoder import TextEncoder
from unfog.text.tokenizer import Encoded, Tokenizer

PARTS = (4, 4)  # of a reference picture; each becomes a token


class Model(nn.Module):
    """Text to pictures. Build one with ``model.build``, read and write one with ``model.store``."""

    def __init__(
        self,
        config: ModelConfig,
        tokenizer: Tokenizer,
        text: TextEncoder,
        codec: Codec,
        denoiser: Denoiser,
        *,
        style: PictureEncoder | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.tokenizer = tokenizer
        self.text = text
        self.codec = codec
        self.denoiser = denoiser
        self.style = None if style is None else style.requires_grad_(False)

    @property
    def device(self) -> torch.device:
        return self.text.token.weight.device

    def condition(self, prompts: Sequence[str]) -> Cond:
        """Conditioning of prompts, one row each; the empty prompt gives the learned null row.

        Captions are padded to the longest the model knows, so a prompt's row does not depend on its neighbours.
        """
        return self.text(self.tokenizer.encode(prompts, pad_to=self.tokenizer.max_tokens).to(self.device))

    def forward(
        self,
        x0: Float[Tensor, "b c *space"],
        words: Encoded,
        drop: Bool[Tensor, " b"],
        t: Float[Tensor, " b"],
        eps: Float[Tensor, "b c *space"],
        known: Float[Tensor, "b 1 *space"] | None = None,
        reference: Float[Tensor, "r c *_space"] | None = None,
        of: Int64[Tensor, " r"] | None = None,
    ) -> Float[Tensor, " b"]:
        """Training loss per sample; captions marked in ``drop`` are replaced by the null conditioning.

        Args:
            known: 1 where the pixel of ``x0`` is told to the network.
            reference: pictures in the style of the samples ``of``; the others have none.
        """
        cond = self.text(words, drop)
        if known is not None:
            cond = replace(cond, control=self.told(x0, known))
        if reference is not None and of is not None:
            seen = self.look(reference)
            cond = replace(cond, image=seen.new_zeros(x0.shape[0], *seen.shape[1:]).index_copy(0, of, seen))
        return self.denoiser.loss(x0, t, eps, cond)

    @staticmethod
    def told(x0: Tensor, known: Tensor) -> Tensor:
        """``Cond.control`` of a model that completes pictures: which pixels are known, and what they are."""
        return torch.cat([known.to(x0.dtype), known * x0], dim=1)

    @torch.no_grad()
    def look(self, reference: Float[Tensor, "r c h w"]) -> Float[Tensor, "r 16 d"]:
        """``Cond.image``: tokens of reference pictures, of 4 x 4 parts each.

        Raises:
            ValueError: this model knows no reference pictures.
        """
        if self.style is None:
            raise ValueError("this model knows no reference pictures")
        tokens = self.style(reference)
        side = math.isqrt(tokens.shape[1])
        cells = tokens.transpose(1, 2).unflatten(2, (side, side))
        return F.adaptive_avg_pool2d(cells, PARTS).flatten(2).transpose(1, 2)
