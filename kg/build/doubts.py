"""What is loaded but doubtful: it is flagged, audits list it, and generate does not teach it.

`truncated-name`, `truncated-value`: cut off by the crawl, told by dots, by an ending in the middle of a phrase, or by a
pile of texts of one length, where the crawl cut. `digits-only-name`: no letter (such names are refused unless the
source was loaded raw). `person-name`: a person that stands among symptoms (`kg/build/people.py`). `other-type`: a department or
body part that is known as another kind of thing. `other-subject`: a description that names another disease and not its
own."""

import polars as pl

from kgtools.kg.build.people import find_people
from kgtools.kg.ontology import ontology

TRUNCATED = r"(\.\.\.|…)$"
"""`急性上呼吸道...`: dots at the end, as sites cut names."""
NO_LETTER = r"^[^\p{L}]+$"
"""`654-2`: nothing in it is a letter."""
FINISHED = r"[。！？；.!?;）)】\]”」』’\"'%％]\s*$"
"""How a text ends that is complete: with a stop, or what closes: `。`, `）`, `%`."""
UNFINISHED = (
    r"[，,、：:（(《“「—－-]\s*$|(?:\.\.\.|…)$"
    r"|(?:以及|并且|而且|或者|由于|因为|例如|比如|包括|即是|尤其是|特别是|甚至|如果|[^存]在|与|和|及|或|被|把|将|从|向|对于|关于|使|令|其|该|此|所|的)\s*$"
)
"""How a text ends that goes on: with a comma, an open bracket or a word that leads on."""
LONG, PROSE = 30, r"[\p{Han} ]"
"""From so many characters on a text may have been cut; a link or a code is none."""
OPEN = r"[（(《“「\[【]\s*$"
"""What a text of any length was cut off behind."""
DANGLING = (
    r"(?:[^行人认成称作因]为|[^甚及]至|[^不相面反应绝]对|[^病原诱基成起]因|[^原规法准]则|[^适不相应正]当|[^理自缘]由|[^合]并"
    r"|但是?|而|如|于|若|不|以|呈|较|一种|一个|[0-9]{1,3}[、.．)）]|[（(][一二三四五六七八九十]{1,2}[)）])\s*$"
)
"""How prose ends that goes on, told by its last words: 为, 于, the number of the next item."""
UNCLOSED = r"[（(][^（()）元]{0,60}$"
"""`多见于成人（尤其是女`: a bracket that nothing closes; one with an amount of money (元) is left alone."""
TRIM = 2
"""White space that was cut away at the end of a text before it was written."""
LEAST = 3
"""So many texts that end at one length, or names with dots, are no accident."""
SAME_LETTERS = 0.7
"""The share of a name's characters from which on another name may be a spelling of it: 反流性喉炎, 反流性咽喉炎."""
LONGEST_SUBJECT = 60
"""Characters of a name that a text may be about; the search takes the square of their number."""
LEAST_NAMES, SHORTEST_CUT_NAME = 20, 8
"""So many names of one length, and of so many characters, before names of a type can be said to stop there."""


def find_cut_values(values: pl.DataFrame) -> pl.Series:
    """Whether each text was cut off; `values`: `field` and `tail` (as the file has it), a row a text."""
    rows = values.select(
        "field",
        pl.col("tail").str.strip_chars().alias("text"),
        pl.col("tail").str.len_chars().cast(pl.Int64).alias("characters"),
        pl.col("tail").str.len_bytes().cast(pl.Int64).alias("bytes"),
    ).with_row_index("row")
    prose = (pl.col("characters") >= LONG) & pl.col("text").str.contains(PROSE)
    finished = pl.col("text").str.contains(FINISHED)
    rows = rows.with_columns(prose.alias("prose"), finished.alias("finished"))
    open_rows = rows.filter("prose")
    piled = [
        rows.join(_find_piles(open_rows, measure), on="field", how="inner")
        .filter(pl.col("prose") & ~pl.col("finished") & (pl.col(measure) <= pl.col("pile")))
        .filter(pl.col(measure) >= pl.col("pile") - (TRIM if measure == "characters" else 3 * TRIM))["row"]
        for measure in ("characters", "bytes")
    ]
    unfinished = pl.col("prose") & pl.col("text").str.contains(UNFINISHED) | pl.col("text").str.contains(TRUNCATED)
    unfinished |= pl.col("text").str.contains(OPEN)
    dangling = pl.col("text").str.contains(DANGLING) | (pl.col("text").str.contains(UNCLOSED) & ~pl.col("finished"))
    unfinished |= pl.col("prose") & dangling
    cut = rows.select(unfinished | pl.col("row").is_in(pl.concat(piled).unique().implode()))
    return cut.to_series().alias("cut")


def _find_piles(rows: pl.DataFrame, measure: str) -> pl.DataFrame:
    """`field`, `pile`: lengths at which many more texts end, and end unfinished, than at the lengths around."""
    texts = rows.unique(["field", "text"])
    per = texts.group_by("field", pl.col(measure).alias("pile")).agg(
        pl.len().cast(pl.Int64).alias("count"), (~pl.col("finished")).mean().alias("open")
    )
    usual = texts.group_by("field").agg(
        (~pl.col("finished")).mean().alias("usually_open"),
        pl.col(measure).max().alias("longest"),
        pl.len().alias("all"),
    )
    width = 10
    steps = pl.DataFrame({"step": [step for step in range(-width, width + 1) if step]}, schema={"step": pl.Int64})
    around = per.join(steps, how="cross").with_columns(near=pl.col("pile") + pl.col("step"))
    around = around.join(per.select("field", near="pile", others="count"), on=["field", "near"])
    around = around.group_by("field", "pile").agg((pl.col("others").sum() / (2 * width)).alias("mean_around"))
    lengths = per.join(around, on=["field", "pile"], how="left").join(usual, on="field")
    lengths = lengths.with_columns(pl.col("mean_around").fill_null(0.0))
    last = pl.col("pile") == pl.col("longest")
    clear = pl.col("count") >= 5 * (pl.col("mean_around") + 1)
    small = last & (pl.col("count") >= LEAST) & (pl.col("count") >= 3 * pl.col("mean_around"))
    apart = (pl.col("open") >= pl.col("usually_open")) | last
    return lengths.filter(
        (clear | small) & apart & (pl.col("open") >= 0.5) & (pl.col("count") < 0.9 * pl.col("all"))
    ).select("field", "pile")


def find_cut_names(named: pl.DataFrame, triples: pl.DataFrame) -> pl.Series:
    """Ids of entities whose names were cut off without a sign, at the length at which the names of their type stop.

    `triples`: `head` and `tail`. A name that ends in the name of what it is linked to is whole, and where dots mark what
    was cut the others are."""
    sized = named.select("id", "type", "name", pl.col("name").str.len_chars().cast(pl.Int64).alias("length"))
    per = sized.group_by("type", "length").agg(pl.len().cast(pl.Int64).alias("count"))
    ids = [pl.Series("id", [], pl.String)]
    for (type_,), counts in per.partition_by("type", as_dict=True).items():
        many = counts.filter(pl.col("count") >= LEAST_NAMES)["length"]
        stop = int(many.max() or 0)  # type: ignore[arg-type]  # a count
        at, before, beyond = (
            int(counts.filter(where)["count"].sum())
            for where in (pl.col("length") == stop, pl.col("length") == stop - 1, pl.col("length") > stop)
        )
        mine = sized.filter(pl.col("type") == type_)
        marked = mine["name"].str.contains(TRUNCATED).sum() >= LEAST
        if stop < SHORTEST_CUT_NAME or marked or beyond * 100 > at or at * 2 < before:
            continue
        ids.append(_drop_compounds(mine.filter(pl.col("length") == stop), named, triples))
    return pl.concat(ids)


def _drop_compounds(names: pl.DataFrame, named: pl.DataFrame, triples: pl.DataFrame) -> pl.Series:
    turned = triples.select(head="tail", tail="head")
    linked = pl.concat([triples.select("head", "tail"), turned]).join(names, left_on="head", right_on="id")
    linked = linked.join(named.select("id", pl.col("name").alias("other")), left_on="tail", right_on="id")
    complete = linked.filter(pl.col("name").str.ends_with(pl.col("other")) & (pl.col("other").str.len_chars() > 1))
    return names.join(complete.select(id="head").unique(), on="id", how="anti")["id"]


def doubt_of(name: pl.Expr) -> pl.Expr:
    """What a name itself gives reason to doubt; null for nothing."""
    cut, no_letter = name.str.contains(TRUNCATED), name.str.contains(NO_LETTER)
    return pl.when(cut).then(pl.lit("truncated-name")).when(no_letter).then(pl.lit("digits-only-name"))


def find_doubts(entities: pl.DataFrame, facts: pl.DataFrame, cut: pl.Series) -> pl.DataFrame:
    """`id`, `doubts` (a sorted list) of the entities of a merged graph that have any.

    `entities`: id, type, name, sources. `facts`: those of all sources, with `doubt`. `cut`: ids of names that were cut off.
    A doubt is a word; of a value, the word, its attribute and the id of the fact, with spaces between."""
    of_names = [
        entities.select("id", doubt=doubt_of(pl.col("name"))).drop_nulls(),
        entities.filter(pl.col("id").is_in(cut.implode())).select("id", doubt=pl.lit("truncated-name")),
        find_people(entities, _attribute_texts(facts)).to_frame().select("id", doubt=pl.lit("person-name")),
        _find_other_types(entities, facts).select("id", doubt=pl.lit("other-type")),
    ]
    values = pl.concat([_find_agreed(facts), _find_other_subjects(entities, facts)]).unique(["id", "doubt"])
    of_values = values.select(id="head", doubt=pl.concat_str("doubt", "relation", "id", separator=" "))
    return pl.concat([*of_names, of_values]).group_by("id").agg(pl.col("doubt").unique().sort().alias("doubts"))


def _attribute_texts(facts: pl.DataFrame) -> pl.Series:
    return facts.lazy().filter(pl.col("kind") == "attribute").select("tail").collect()["tail"].unique()


def _find_agreed(facts: pl.DataFrame) -> pl.DataFrame:
    """The values that every source that says them has doubts about."""
    values = facts.lazy().filter(pl.col("kind") == "attribute").select("id", "head", "relation", "doubt").collect()
    doubted = values.filter(pl.col("doubt").is_not_null())
    sure = values.filter(pl.col("doubt").is_null()).select("id")
    return doubted.join(sure, on="id", how="anti").select("id", "head", "relation", "doubt")


def _find_other_types(entities: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Entities of a closed type that are described as another kind of thing by as many sources.

    Described: it has a fact of its own, or nothing points to it either. Of two closed types the one with fewer triples is
    in doubt."""
    closed = [name for name, kind in ontology().entities.items() if kind.closed]
    names = entities.filter(pl.col("type").is_in(closed))["name"]
    counted = entities.filter(pl.col("name").is_in(names.implode()))
    ids = counted["id"].implode()
    heads = facts.select(id="head").filter(pl.col("id").is_in(ids)).group_by("id").len("own")
    tails = facts.lazy().filter(pl.col("kind") == "relation", pl.col("tail").is_in(ids)).select(id="tail").collect()
    tails = tails.group_by("id").len("pointing")
    counted = counted.select("id", "type", "name", pl.col("sources").list.len().alias("witnesses"))
    counted = counted.join(heads, on="id", how="left").join(tails, on="id", how="left")
    counted = counted.with_columns(pl.col("own", "pointing").fill_null(0), pl.col("type").is_in(closed).alias("closed"))
    described = counted.filter((pl.col("own") > 0) | (pl.col("pointing") == 0) | pl.col("closed"))
    both = (
        counted.filter("closed")
        .join(described, on="name", suffix="_other")
        .filter(pl.col("type") != pl.col("type_other"))
    )
    weight, other = pl.col("own") + pl.col("pointing"), pl.col("own_other") + pl.col("pointing_other")
    doubtful = pl.when("closed_other").then(weight < other).otherwise(pl.col("witnesses") <= pl.col("witnesses_other"))
    return both.filter(doubtful).select("id").unique()


def _find_other_subjects(entities: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Descriptions that begin with the name of another disease, or say it twice, and never their own.

    Their own are name and aliases, and the second half of each: of 老年人心肌梗死 a text on 心肌梗死 may be told."""
    described = (pl.col("kind") == "attribute") & (pl.col("relation") == "description")
    texts = facts.lazy().filter(described).select("id", "head", "relation", "tail").collect().unique("id")
    texts = texts.join(entities.filter(pl.col("type") == "Disease").select("id", "name"), left_on="head", right_on="id")
    aliases = facts.filter(pl.col("kind") == "alias").group_by("head").agg(pl.col("tail").alias("aliases"))
    texts = texts.join(aliases, on="head", how="left").select(
        "id", "head", "relation",
        _fold(pl.col("tail")).alias("text"),
        pl.concat_list("name", pl.col("aliases").fill_null([])).list.eval(_fold(pl.element())).alias("own"),
    )  # fmt: skip
    own_names = texts.explode("own").with_columns(_fold(pl.col("own").str.replace_all(r"\([^()]*\)", "")))
    length = pl.col("own").str.len_chars()
    half = pl.when(length > 3).then(pl.col("own").str.tail(pl.max_horizontal(length // 2, 2))).otherwise("own")
    about_own = own_names.filter(pl.col("text").str.contains(half, literal=True))["id"].unique()
    silent = texts.filter(~pl.col("id").is_in(about_own.implode()))
    diseases = entities.filter(
        (pl.col("type") == "Disease") & pl.col("name").str.len_chars().is_between(3, LONGEST_SUBJECT)
    )["name"]
    names = pl.DataFrame({"name": diseases}).select(_fold(pl.col("name")).unique().sort()).to_series()
    others = pl.col("text").str.extract_many(names.implode(), leftmost=True).alias("other")
    mentions = silent.with_columns(others).explode("other").drop_nulls("other")
    counted = mentions.group_by("id", "head", "relation", "text", "own", "other").len("times")
    letters = pl.col("own").list.first().str.split("").list.unique()
    both = letters.list.set_intersection(pl.col("other").str.split("")).list.len()
    unlike = both < SAME_LETTERS * letters.list.len()
    about = counted.filter(((pl.col("times") >= 2) | pl.col("text").str.starts_with(pl.col("other"))) & unlike)
    return about.select("id", "head", "relation", doubt=pl.lit("other-subject")).unique("id")


def _fold(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKC").str.to_lowercase().str.strip_chars()


def value_doubts(entities: pl.DataFrame) -> dict[str, str]:
    """Id of a fact -> the doubt about it, from the `doubts` of entities."""
    words = entities.select(pl.col("doubts").explode()).drop_nulls().to_series().str.split(" ")
    return {parts[2]: parts[0] for parts in words.to_list() if len(parts) == 3}
