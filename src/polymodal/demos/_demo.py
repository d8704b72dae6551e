"""What a demo offers: a table of real data, and the words to go with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from polymodal.schema.table import Table


class Demo(ABC):
    """A data set with its story.

    Attributes:
        title: what is learnt from what, in one line.
        story: what to look at in the answer; a few sentences.
        attribution: where the data comes from and under which licence.
        test: share of the rows kept for the test.
        budget: time for the fit when none is asked for.
    """

    title: ClassVar[str]
    story: ClassVar[str]
    attribution: ClassVar[str]
    test: ClassVar[float] = 0.2
    budget: ClassVar[str] = "5min"

    @abstractmethod
    def load(self) -> Table:
        """The whole table; the same one each time, without network.

        Raises MissingExtraError when the data lies in an optional package that is not installed.
        """
