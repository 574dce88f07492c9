"""What may be left out although nothing is wrong with it: what tells nothing, what is no medicine, what is half a list.

    uninformative  无特殊人群, 儿童 as those who get 小儿肺炎, a product whose name holds that of its drug, 药物治疗 as the only
                   treatment, a text that only refers to another (同比色法)
    shop-list      what a site's shop lists under a disease, or its users like, by the ontology's `listing`
    partial-list   an answer in English that lost more than half of what the graph says, for want of English names

By default the first two are left out of all packs but verbatim ones; `--drop` says otherwise. Each is a reason in coverage."""

from collections.abc import Iterable

import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.templates.pack import Pack
from kgtools.tools.errors import UsageError
from kgtools.tools.registry import suggestion

UNINFORMATIVE, SHOP_LIST, PARTIAL_LIST = "uninformative", "shop-list", "partial-list"
DROPS = (UNINFORMATIVE, SHOP_LIST, PARTIAL_LIST)
DEFAULT = frozenset({UNINFORMATIVE, SHOP_LIST})
SAYS_NOTHING = {
    "susceptible_population": (
        r"^(?:本病)?(?:暂?无|没有|不限|未见)(?:特殊|特定|特发|固定|明显|明确|特异|易感|好发|人群)*的?(?:发病|易感|多发|好发)?"
        r"(?:人群|群体|人|年龄)?(?:限制|差异|之分|特征)?[。.]?$"
        r"|^(?:所有|各类|全部|一切|任何|普通|各)的?(?:人|人群|群体)(?:均|都)?可?(?:发病|患病|发生)?[。.]?$"
    ),
    "cost": r"^[^0-9０-９一二三四五六七八九十百千万]*(?:不同|不一|不一致|不一样|不详|不明|暂无)[^0-9０-９一二三四五六七八九十百千万]*$",
    "cure_rate": r"^[^0-9０-９]*根据[^0-9０-９]*不同[^0-9０-９]*$",
    "treatment_duration": r"^[^0-9０-９]*(?:根据|视|依)[^0-9０-９]*(?:而定|不同|而异)[^0-9０-９]*$",
    "incidence": r"^[^0-9０-９]*根据[^0-9０-９]*不同[^0-9０-９]*$",
    "principle": r"^同.{1,25}(?:法|原理|相同|一样|检验|测定|试验)?(?:的?原理)?[。.]?$",
    "reagent": r"^同.{1,25}[。.]?$",
    "procedure": r"^同.{1,25}[。.]?$",
    "reference_range": r"^(?:见|同|参见|参照).{0,25}[。.]?$",
}
"""Attribute -> values that say nothing."""
SAME_PEOPLE = {
    r"小儿|儿童": r"(?:小儿|儿童)",
    r"新生儿": r"新生儿",
    r"婴": r"(?:婴儿|婴幼儿)",
    r"老年": r"老年(?:人|者)?",
    r"妊娠|孕": r"(?:(?:妊娠|怀孕)(?:期|期的)?(?:女性|妇女)|孕妇|孕产妇)",
}
"""In the name of a disease, and who then is told without telling anything: 小儿肺炎 and 儿童."""
ONLY_TREATMENTS = ("药物治疗", "药物疗法", "drug therapy", "drug treatment", "medication")
"""Treatments that say nothing where they are the only one."""


def choose_drops(pack: Pack, asked: str | None) -> frozenset[str]:
    """What is left out of a pack's records: the words of `--drop` (`none`: nothing), else the default.

    Raises UsageError for a word that there is not."""
    if asked is None:
        return frozenset() if pack.info.verbatim else DEFAULT
    words = {word.strip() for word in asked.split(",") if word.strip()} - {"none"}
    for word in sorted(words - set(DROPS)):
        raise UsageError(f"--drop {word}: {suggestion(word, [*DROPS, 'none'])}")
    return frozenset(words)


def weakness(facts: pl.DataFrame, names: pl.Series) -> pl.Expr:
    """For each fact of a view why it may be left out; null for nothing. `names`: of each entity, by number."""
    listings = [name for name, relation in ontology().relations.items() if relation.listing]
    is_value = pl.col("kind") == "attribute"
    nothing = [
        is_value & (pl.col("relation") == name) & pl.col("value").str.contains(pattern)
        for name, pattern in SAYS_NOTHING.items()
    ]
    heads = names.gather(facts["head"])
    nothing += [
        is_value
        & (pl.col("relation") == "susceptible_population")
        & pl.lit(heads.str.contains(kind))
        & pl.col("value").str.contains(rf"^(?:多见于|好发于|多发于)?{people}(?:人群|群体)?[。.]?$")
        for kind, people in SAME_PEOPLE.items()
    ]
    product, drug = _bare(heads), _bare(names.gather(facts["tail"]))
    inside = pl.DataFrame({"product": product, "drug": drug}).select(
        pl.col("product").str.contains(pl.col("drug"), literal=True).fill_null(False)
    )
    told = (pl.col("relation") == "PRODUCT_OF") & pl.lit(inside.to_series())
    return (
        pl.when(pl.col("relation").is_in(listings)).then(pl.lit(SHOP_LIST))
        .when(pl.any_horizontal(told, *nothing)).then(pl.lit(UNINFORMATIVE))
    )  # fmt: skip


def _bare(names: pl.Series) -> pl.Series:
    return names.str.normalize("NFKC").str.replace_all(r"\s", "")


def only_general(groups: pl.DataFrame, relations: Iterable[str]) -> pl.Series:
    """Whether all that a record would say is a treatment that says nothing."""
    if "HAS_TREATMENT" not in relations:
        return pl.Series([False]).new_from_index(0, groups.height)
    return groups.select(
        (pl.col("tails").list.len() == 1) & pl.col("tails").list.first().is_in(ONLY_TREATMENTS)
    ).to_series()
