"""Run beside TRL and lm-eval: what they say of an export in this folder, as one line of JSON."""

import json
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path


def trl() -> dict[str, object]:
    """How TRL's own checks see the first row, and its prompt and completion after its conversion."""
    from datasets import load_dataset
    from trl.data_utils import extract_prompt, is_conversational, maybe_unpair_preference_dataset

    rows = load_dataset(str(Path.cwd()), split="train")
    said: dict[str, object] = {"rows": len(rows), "conversational": all(is_conversational(row) for row in rows)}
    if "chosen" in rows.column_names:
        said["unpaired"] = len(maybe_unpair_preference_dataset(rows))
        row = rows[0]
        whole = {side: row["prompt"] + row[side] for side in ("chosen", "rejected")}
        said["prompt_found_again"] = extract_prompt(whole)["prompt"] == row["prompt"]
    return said


def lm_eval() -> dict[str, object]:
    """The scores of every task in the folder, by a model of characters that follow each other in the training split."""
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    class Characters(LM):
        """A bigram model: knows the lines of the training files, and no more."""

        def __init__(self) -> None:
            super().__init__()
            texts = [file.read_text(encoding="utf-8") for file in sorted(Path().glob("*train*.jsonl"))]
            self.pairs = Counter(pair for text in texts for pair in pairwise(text))

        def loglikelihood(self, requests: list) -> list:
            return [
                (sum(self.pairs[pair] for pair in zip(a + b, b, strict=False)) - len(b), False)
                for a, b in self._args(requests)
            ]

        def loglikelihood_rolling(self, requests: list) -> list:
            return [0.0 for _ in requests]

        def generate_until(self, requests: list) -> list:
            return [asked.strip().split("\n")[-1] for asked, _ in self._args(requests)]

        def _args(self, requests: list) -> list:
            return [request.args for request in requests]

    tasks = sorted(file.stem for file in Path().glob("*.yaml"))
    manager = TaskManager(include_path=".", include_defaults=False)
    done = simple_evaluate(model=Characters(), tasks=tasks, task_manager=manager, bootstrap_iters=0, num_fewshot=1)
    asked = {task: [row["arguments"] for row in rows] for task, rows in done["samples"].items()}
    return {"results": done["results"], "n": done["n-samples"], "asked": asked}


if __name__ == "__main__":
    print(json.dumps({"trl": trl, "lm-eval": lm_eval}[sys.argv[1]](), default=str))
