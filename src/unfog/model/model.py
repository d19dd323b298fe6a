"""A model: configuration, vocabulary, text encoder, codec and denoiser in one object, without state of a request."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from unfog.codec.identity import Codec
from unfog.config.model import ModelConfig
from unfog.core.cond import Cond
from unfog.core.denoiser import Denoiser
from unfog.text.encoder import TextEncoder
from unfog.text.tokenizer import Encoded, Tokenizer


class Model(nn.Module):
    """Text to pictures. Build one with ``model.build``, read and write one with ``model.store``."""

    def __init__(
        self, config: ModelConfig, tokenizer: Tokenizer, text: TextEncoder, codec: Codec, denoiser: Denoiser
    ) -> None:
        super().__init__()
        self.config = config
        self.tokenizer = tokenizer
        self.text = text
        self.codec = codec
        self.denoiser = denoiser

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
    ) -> Float[Tensor, " b"]:
        """Training loss per sample; captions marked in ``drop`` are replaced by the null conditioning."""
        return self.denoiser.loss(x0, t, eps, self.text(words, drop))
