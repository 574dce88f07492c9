"""Names of people that stand among symptoms, such as those who asked on a site: told by what no other name or text knows."""

import polars as pl

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤方俞任袁柳酆鲍史唐"
    "费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧肖尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董"
    "梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉钮龚"
    "程嵇邢裴陆荣翁荀羊惠甄曲家封芮储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾甘厉戎祖武符刘景詹束龙叶幸司韶"
    "郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿"
    "阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须"
    "丰巢关蒯相查后荆红游竺权逯盖益桓公晋楚闫法汝鄢涂钦岳帅缑亢况郈有琴商牟佘佴伯赏墨哈谯笪年爱阳佟代兰衣官占覃栗轩仝冬巨励郅展禚候南朴"
    "来缴赫妙要苟付代肖宾区冼战初付仉英门逢银母"
)
"""Surnames of one character, those of the old list and later ones."""
TYPES = ("Symptom", "Treatment", "Examination")
"""Types whose names are words of the language; drugs and products have made-up names."""
LEAST_NAMES, RARE = 1000, 0.003
"""From so many names of a type on a character that stands in less than this share of them is rare there."""
SURE = 2
"""So many people with one surname make it a surname wherever it begins a short name."""


def find_people(entities: pl.DataFrame, texts: pl.Series) -> pl.Series:
    """Ids of entities that have the name of a person, from `id`, `type` and `name`.

    A person: a surname and one or two characters more, rare in names of the type, whose last two stand together in no
    other name and in no text of the graph; or any short name with a surname that is nothing but a surname there."""
    ids = [pl.Series("id", [], pl.String)]
    all_names = entities["name"].unique()
    for type_ in TYPES:
        mine = entities.filter(pl.col("type") == type_).select("id", "name")
        if mine.height < LEAST_NAMES:
            continue
        shaped = mine.filter(pl.col("name").str.contains(rf"^[{SURNAMES}]\p{{Han}}{{1,2}}$"))
        first = shaped.join(_keep_rare(shaped, mine), on="id", how="semi")
        people = first.join(_keep_known_pairs(first, all_names, texts), on="id", how="anti")
        surnames = people.group_by(surname=pl.col("name").str.head(1)).len("people").filter(pl.col("people") >= SURE)
        begins = mine.select("id", "name", pl.col("name").str.split("").alias("character")).explode("character")
        others = begins.join(shaped, on="id", how="anti")["character"].unique()
        certain = surnames.filter(~pl.col("surname").is_in(others.implode()))["surname"]
        alike = shaped.filter(pl.col("name").str.head(1).is_in(certain.implode()))
        ids.append(pl.concat([people["id"], alike["id"]]).unique().sort())
    return pl.concat(ids)


def _keep_rare(shaped: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Those of which every character after the surname is rare."""
    every = names.select("id", character=pl.col("name").str.split("")).explode("character").unique()
    used = every.group_by("character").len("names")
    letters = shaped.select("id", character=pl.col("name").str.slice(1).str.split("")).explode("character")
    most = letters.join(used, on="character").group_by("id").agg(pl.col("names").max())
    return most.filter(pl.col("names") <= RARE * names.height).select("id")


def _keep_known_pairs(people: pl.DataFrame, names: pl.Series, texts: pl.Series) -> pl.DataFrame:
    """Those of which the last two characters stand in another name or in a text."""
    pairs = people.select("id", pair=pl.col("name").str.tail(2))
    wanted = pairs["pair"].unique().sort().implode()
    in_texts = texts.str.extract_many(wanted, overlapping=True).explode().drop_nulls().unique().alias("pair")
    in_names = names.str.extract_many(wanted, overlapping=True).explode().drop_nulls().alias("pair")
    shared = in_names.value_counts(name="names").filter(pl.col("names") > 1)["pair"]
    return pairs.filter(pl.col("pair").is_in(pl.concat([in_texts, shared]).implode())).select("id")
