"""An adapter and its base made one model, ready to be loaded as any other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kgtools.tools.errors import KgtoolsError, UsageError
from kgtools.tools.inputs.files import sha256, to_json
from kgtools.tools.outputs.atomic import write_file
from kgtools.tools.outputs.staging import manifest, staging
from kgtools.train.data.chat import Chat
from kgtools.train.launch.failures import full_disk
from kgtools.train.models import adapters, cost, resolve
from kgtools.train.models.load import model_of, tokenizer_of
from kgtools.train.models.stop_tokens import stop_tokens

LIMITS = {"torch.float32": 1e-4, "torch.float16": 1e-2, "torch.bfloat16": 3e-2}
"""How far the logits may move, as a part of their size: rounding once more moves those of 16 bits."""


def merge(run: Path, base: Path | None, out: Path, trust: Sequence[Path] = ()) -> dict[str, Any]:
    """Write the model of an adapter and its base to `out`; what there is to tell of it.

    `run`: the folder of a run, or of an adapter; `trust`: folders whose code may run. Raises UsageError,
    InputError where base and adapter do not belong together, and
    KgtoolsError where the model that was written does not say the same as the two it was made of; then nothing is written."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    adapter = adapters.adapter(run)
    mark = adapters.read_mark(adapter)
    if mark.stage == "reward":
        raise UsageError(
            f"{run}: is a reward model; its head gives a score and no tokenizer, and ppo and reject take it as it is"
        )
    folder = adapters.base_of(run, base)
    model = model_of(AutoModelForCausalLM, folder, trust, dtype="auto")
    tokenizer = tokenizer_of(adapter, [adapter] if trust else ())
    combined = PeftModel.from_pretrained(model, adapter).eval()
    ids = torch.randint(
        min(len(tokenizer), cost.size(folder, trust=trust).vocabulary),
        (2, 32),
        generator=torch.Generator().manual_seed(0),
    )
    with torch.no_grad():
        before = combined(input_ids=ids).logits.float()
    merged = combined.merge_and_unload(safe_merge=True)
    stops = stop_tokens(folder, Chat(tokenizer, tokenizer.chat_template))
    merged.generation_config.eos_token_id = [end.id for end in stops]
    merged.generation_config.pad_token_id = tokenizer.pad_token_id
    merged.config.eos_token_id, merged.config.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    merged.config.use_cache = True
    with staging(out) as stage, full_disk(out):
        merged.save_pretrained(stage)
        tokenizer.save_pretrained(stage)
        reloaded = model_of(AutoModelForCausalLM, stage, [stage] if trust else (), dtype="auto").eval()
        with torch.no_grad():
            moved = float((reloaded(input_ids=ids).logits.float() - before).norm() / before.norm())
        limit = LIMITS[str(merged.dtype)]
        if not moved <= limit:
            raise KgtoolsError(
                f"{run}: the merged model does not say the same as base and adapter: its logits moved by {moved:.2g} of their size, more "
                f"than {limit:g}; nothing was written"
            )
        facts = {
            "stage": "merge", "of": mark.stage, "identity": mark.identity, "base": mark.base,
            "adapter": sha256(adapter / "adapter_model.safetensors"), "fingerprint": resolve.fingerprint(stage), "logits_moved": moved,
            "dtype": str(merged.dtype).removeprefix("torch."), "parameters": merged.num_parameters(),
        }  # fmt: skip
        write_file(stage / adapters.MARK, to_json(facts))
        write_file(
            stage / "run.json", manifest("train merge", {"run": run.name}, {"adapter": facts["adapter"]}, **facts)
        )
    return facts
