"""`kgtools evaluate answer`: a model behind a server answers prompts."""

from pathlib import Path

import click

from kgtools.tools.errors import Findings
from kgtools.tools.options import format_option, out_option, pairs
from kgtools.tools.output import print_json, print_table
from kgtools.train.commands import shorten, words_argument
from kgtools.train.commands.evaluate.server_options import open_client, server_options, tell_cost, tell_out


@click.command()
@click.argument("prompts", type=click.Path(path_type=Path))
@words_argument
@server_options("--server")
@out_option("./answers", "Folder for answers.parquet, failures.parquet, replies.jsonl and run.json.")
@format_option("table", "json")
def answer(
    prompts: Path, words: tuple[str, ...], server: str, model: str, key_env: str | None, concurrency: int, tries: int, timeout_s: float,
    proxy: bool, price_prompt: float | None, price_answer: float | None, max_cost: float | None, identified: bool, fresh: bool, out: Path,
    style: str,
) -> None:  # fmt: skip
    """Ask a server every prompt, saving as it goes.

    PROMPTS is a folder that `kgtools evaluate prompts` wrote, or one of records. Settings: temperature, max_tokens, seed, samples, stop,
    extra, limit_key (max_tokens or max_completion_tokens), split. The same command goes on where it was stopped, asks again what failed,
    and asks nothing when all is answered. It ends with 1 where prompts are left without an answer.

    \b
    Example:
      kgtools evaluate answer ./prompts --server http://localhost:8000/v1 --model qwen max_tokens=512
    """
    from kgtools.train.commands.progress import show_count
    from kgtools.train.evaluate.server.answers import answer_prompts
    from kgtools.train.evaluate.server.cost import make_prices
    from kgtools.train.evaluate.server.settings import AskSettings
    from kgtools.train.evaluate.settings import parse_settings

    settings = parse_settings(AskSettings, pairs(words, "setting"))
    prices = make_prices(price_prompt, price_answer, max_cost)
    with (
        open_client(server, model, key_env, concurrency, tries, timeout_s, proxy) as client,
        show_count("answers") as count,
    ):
        result = answer_prompts(
            prompts, client, settings, out, prices=prices, fresh=fresh, allow_identified=identified, on_progress=count
        )
    if style == "json":
        print_json(result.to_dict())
    else:
        facts = result.facts
        rows = [(key, shorten(facts[key])) for key in ("prompts", "wanted", "answers", "ended", "refused", "models")]
        rows += [("calls of this run", shorten(result.calls)), ("retries", shorten(facts["retries"]))]
        rows += [(f"no answer: {reason}", shorten(number)) for reason, number in result.failures.items()]
        print_table(["evaluate answer", ""], rows)
        tell_cost(facts)
        tell_out("answers.parquet, failures.parquet, replies.jsonl and run.json", out)
    if left := sum(result.failures.values()):
        said = f" ({result.example})" if result.example else ""
        raise Findings(f"{left:,} prompts have no answer{said}; what was answered is kept: run it again to ask them")
