"""An adapter as a request names it."""

from dataclasses import dataclass


@dataclass
class LoRARequest:
    """A name and a number of its own, and the folder."""

    lora_name: str
    lora_int_id: int
    lora_path: str
