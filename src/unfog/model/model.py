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
from unfog.nets.hybrid import Hybrid
from unfog.nets.picture_encoder import PictureEncoder
from unfog.text.encoder import TextEncoder
from unfog.text.reading import Reading
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
        self.codec = codec.requires_grad_(False) if isinstance(codec, nn.Module) else codec
        self.denoiser = denoiser
        self.style = None if style is None else style.requires_grad_(False)
        self.reading: Reading | None = None  # of a model that says what it knows

    @property
    def device(self) -> torch.device:
        return self.text.token.weight.device

    def keep_words(self) -> None:
        """Train neither the text encoder nor what a text alone suggests."""
        self.text.requires_grad_(False)
        if isinstance(self.denoiser.net, Hybrid) and self.denoiser.net.sketch is not None:
            self.denoiser.net.sketch.requires_grad_(False)

    def condition(self, prompts: Sequence[str]) -> Cond:
        """Conditioning of prompts, one row each; the empty prompt gives the learned null row.

        Captions are padded to the longest the model knows, so a prompt's row does not depend on its neighbours.
        """
        read = [self.read(prompt) for prompt in prompts]
        return self.sketched(self.text(self.tokenizer.encode(read, pad_to=self.tokenizer.max_tokens).to(self.device)))

    def read(self, prompt: str) -> str:
        """A prompt as the text encoder is given it: without typing mistakes, if it is known which words are right."""
        return prompt if self.reading is None else self.reading(prompt)

    def sketched(self, cond: Cond) -> Cond:
        """The conditioning with all that follows from its text alone, so that no step works it out again."""
        match self.denoiser:
            case Denoiser(net=Hybrid() as net):
                return net.sketched(cond)
            case _:
                return cond

    def shape(self, space: Sequence[int] | None = None) -> tuple[int, ...]:
        """Shape of what is denoised for one picture of these sides (height, width); ``None``: as trained."""
        side = self.config.picture.size
        return self.codec.shape(self.config.picture.channels, (side, side) if space is None else space)

    def forward(
        self,
        x: Float[Tensor, "b c *_space"],
        words: Encoded,
        drop: Bool[Tensor, " b"],
        t: Float[Tensor, " b"],
        eps: Float[Tensor, "b d *space"],
        known: Float[Tensor, "b 1 *_space"] | None = None,
        reference: Float[Tensor, "r c *_space"] | None = None,
        of: Int64[Tensor, " r"] | None = None,
    ) -> Float[Tensor, " b"]:
        """Training loss per sample; captions marked in ``drop`` are replaced by the null conditioning.

        Args:
            x: pictures; eps: noise of the shape of their latents.
            known: 1 where the pixel of ``x`` is told to the network.
            reference: pictures in the style of the samples ``of``; the others have none.
        """
        x0, cond = self.encode(x), self.text(words, drop)
        if known is not None:
            cond = replace(cond, control=self.told(x, known))
        if reference is not None and of is not None:
            seen = self.look(reference)
            cond = replace(cond, image=seen.new_zeros(x0.shape[0], *seen.shape[1:]).index_copy(0, of, seen))
        loss, net = self.denoiser.loss(x0, t, eps, cond), self.denoiser.net
        if isinstance(net, Hybrid) and net.sketch is not None and net.sketch.out.weight.requires_grad:
            loss = loss + net.sketch.loss(cond, x)  # trains the sketch alone and what the text says of it
        return loss

    @torch.no_grad()
    def encode(self, x: Float[Tensor, "b c *_space"]) -> Float[Tensor, "b d *space"]:
        """Pictures to what is denoised."""
        return self.codec.encode(x).to(x.dtype)

    @torch.no_grad()
    def told(self, x: Float[Tensor, "b c *_space"], known: Float[Tensor, "b 1 *_space"]) -> Float[Tensor, "b d *space"]:
        """``Cond.control`` of a model that completes pictures: which share of a cell is known, and what it is.

        The unknown is mid-grey to the codec; a cell of which nothing is known is 0.
        """
        some = known.flatten(1).any(1)
        seen = x.new_zeros(x.shape[0], *self.shape(x.shape[2:])).index_put((some,), self.encode((known * x)[some]))
        share = F.interpolate(known.to(x.dtype), size=seen.shape[2:], mode="area")
        return torch.cat([share, seen * (share > 0)], dim=1)

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
