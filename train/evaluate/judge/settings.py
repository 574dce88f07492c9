"""How a judge is asked."""

from typing import Annotated

from pydantic import Field

from kgtools.train.evaluate.judge.pairs import Combine
from kgtools.train.evaluate.server.settings import DecodeSettings


class JudgeSettings(DecodeSettings):
    """Of a judge: `seed` is that of the bootstrap too, 0 where it is null."""

    rounds: Annotated[int, Field(ge=1, le=10)] = Field(
        3, description="times a judge is asked before a reply that cannot be read is counted so"
    )
    combine: Combine = Field(
        "strict", description="two orders that differ: strict, a tie; sum, points are added, as HuatuoGPT-II did"
    )
