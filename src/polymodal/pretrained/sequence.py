"""Sequences of letters through a frozen `transformers` network: one vector a protein, DNA or SMILES string."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polymodal.pretrained._letters import from_vocabulary, grouping, words
from polymodal.pretrained.text import TextEmbedder
from polymodal.registry import EMBEDDERS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@EMBEDDERS.register("sequence")
class SequenceEmbedder(TextEmbedder):
    """A `transformers` network of letters, its token states averaged: ESM, ProtBERT, DNABERT, ChemBERTa and the like.

    Where its tokenizer wants single letters or groups of them with blanks between, they are put there. Longer sequences
    are cut at the network's maximum length.

    `SequenceEmbedder.load("facebook/esm2_t6_8M_UR50D").embed(["MKTAYIAK"])` is `[1, 320]`.

    >>> EMBEDDERS.get("sequence").__name__
    'SequenceEmbedder'
    """

    @classmethod
    def _cut(cls, name: str, tokenizer: PreTrainedTokenizerBase) -> str:
        if getattr(tokenizer, "backend_tokenizer", None) is not None:
            return super()._cut(name, tokenizer)
        found: str = from_vocabulary(name, tokenizer).to_str()
        return found

    @property
    def probe(self) -> str:
        return "MKTAYIAKQR"

    def _learn(self, name: str) -> None:
        self.config["group"] = grouping(self._tokenizer)

    def _clean(self, text: str) -> str:
        group = self.config.get("group", 0)
        return super()._clean(words(text[: self.config["max_length"] * max(1, group) * 8], group) if group else text)
