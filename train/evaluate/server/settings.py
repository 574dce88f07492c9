"""How a model behind a server answers."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from kgtools.tools.config import Seed, Settings

OURS = frozenset(
    {"model", "messages", "n", "stream", "temperature", "max_tokens", "max_completion_tokens", "seed", "stop"}
)
"""Keys of a request that have a setting of their own, or none."""


class DecodeSettings(Settings):
    """What a request says beside its messages; what is null is not sent."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        0.0, description="0 takes the likeliest token each time; null: as the server likes"
    )
    max_tokens: Annotated[int, Field(ge=1)] = Field(1024, description="tokens of an answer at most, thinking with it")
    limit_key: Literal["max_tokens", "max_completion_tokens"] = Field(
        "max_tokens", description="what the server calls that limit"
    )
    seed: Seed | None = Field(
        None, description="sent where the server takes one; the answers to one prompt count on from it"
    )
    stop: tuple[str, ...] = Field((), description="texts that end an answer")
    extra: dict[str, Any] = Field({}, description="more keys of the request, such as {top_p: 0.9}")

    @field_validator("extra")
    @classmethod
    def _refuse_ours(cls, extra: dict[str, Any]) -> dict[str, Any]:
        if taken := sorted(OURS & extra.keys()):
            raise ValueError(f"{', '.join(taken)}: has a setting of its own, or is not yours to choose")
        return extra

    def body(self, number: int) -> dict[str, Any]:
        """The keys of a request. `number`: which of several answers to one prompt."""
        keys: dict[str, Any] = {self.limit_key: self.max_tokens, **self.extra}
        if self.temperature is not None:
            keys["temperature"] = self.temperature
        if self.seed is not None:
            keys["seed"] = self.seed + number
        if self.stop:
            keys["stop"] = list(self.stop)
        return keys


class AskSettings(DecodeSettings):
    """And which prompts are asked, how often."""

    samples: Annotated[int, Field(ge=1)] = Field(1, description="answers to each prompt")
    split: str = Field("test", description="records of this split, and those without one; all: every record")
