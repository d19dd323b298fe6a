"""Text and pictures in one space: what belongs together points the same way (CLIP: Radford et al. 2021).

Two towers give unit vectors u (captions) and v (pictures); over a batch of b pairs

    L_k = -1/2 [ log softmax_j(s u_k v_j) + log softmax_j(s v_k u_j) ]_{j = k}          s = exp(learned), at most 100

Pairs whose captions are word for word the same are no wrong answers for each other and are left out of the sums.

Texts that are known to mean the same (a name in another language, a misspelt one) are led to the summary c and the
sketch m of the plain one, which does not move:

    |c(said) - c(meant)|^2 + 4 |m(said) - m(meant)|^2         means over their numbers
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from unfog.core.cond import Cond
from unfog.nets.layers import Linear, Scalar
from unfog.nets.picture_encoder import PictureEncoder
from unfog.nets.sketch import Sketch
from unfog.text.encoder import TextEncoder
from unfog.text.tokenizer import Encoded, Tokenizer

FIRST_SCALE, LARGEST_SCALE = 1 / 0.07, 100.0
SKETCH = 4.0  # weight of the suggested thumbnails beside the towers' loss


class Contrast(nn.Module):
    """A text tower and a picture tower.

    Args:
        tokenizer: the vocabulary of the text tower.
        text: captions -> tokens and their mean, ``width`` numbers.
        picture: pictures -> tokens of ``picture_width`` numbers, which are averaged.
        dim: length of the common vectors.
        sketch: is trained beside them to say what a caption suggests, for a network that draws.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        text: TextEncoder,
        picture: PictureEncoder,
        *,
        width: int,
        picture_width: int,
        dim: int,
        sketch: Sketch | None = None,
    ) -> None:
        super().__init__()
        self.tokenizer, self.text, self.picture = tokenizer, text, picture
        self.from_text = Linear(width, dim, bias=False)
        self.from_picture = Linear(picture_width, dim, bias=False)
        self.scale = Scalar(math.log(FIRST_SCALE))
        self.sketch = sketch

    @property
    def device(self) -> torch.device:
        return self.text.token.weight.device

    def read(self, words: Encoded) -> Float[Tensor, "b dim"]:
        """Unit vectors of captions."""
        return self.directed(self.text(words))

    def directed(self, cond: Cond) -> Float[Tensor, "b dim"]:
        """Unit vectors of what the text tower makes of captions: their direction is that of the summary."""
        assert cond.pooled is not None
        return F.normalize(self.from_text(cond.pooled).float(), dim=-1)

    def look(self, x: Float[Tensor, "b c *space"]) -> Float[Tensor, "b dim"]:
        """Unit vectors of pictures."""
        return F.normalize(self.from_picture(self.picture(x).mean(1)).float(), dim=-1)

    def forward(
        self,
        x: Float[Tensor, "b c *space"],
        words: Encoded,
        said: Encoded | None = None,
        meant: Encoded | None = None,
    ) -> Float[Tensor, " b"]:
        """The loss of every pair, and of texts that mean the same, if there are any (see the module docstring)."""
        scale = self.scale().exp().clamp(max=LARGEST_SCALE)
        cond = self.text(words)
        scores = scale * self.directed(cond) @ self.look(x).T  # (b captions, b pictures)
        same = (words.ids[:, None] == words.ids).all(-1).fill_diagonal_(False)
        scores = scores.masked_fill(same, float("-inf"))
        right = torch.arange(len(scores), device=scores.device)
        loss = [F.cross_entropy(s, right, reduction="none") for s in (scores, scores.T)]
        apart = 0 if self.sketch is None else SKETCH * self.sketch.loss(cond, x)
        astray = 0 if said is None or meant is None else self.astray(said, meant)
        return (loss[0] + loss[1]) / 2 + apart + astray

    def astray(self, said: Encoded, meant: Encoded) -> Float[Tensor, ""]:
        """How far texts are from plain ones that mean the same."""
        with torch.no_grad():
            plain = self.text(meant)
            suggested = None if self.sketch is None else self.sketch(plain).float()
        cond = self.text(said)
        assert cond.pooled is not None
        assert plain.pooled is not None
        apart = F.mse_loss(cond.pooled.float(), plain.pooled.float())
        if self.sketch is None or suggested is None:
            return apart
        return apart + SKETCH * F.mse_loss(self.sketch(cond).float(), suggested)
