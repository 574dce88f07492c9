"""`kgtools show --html`: entities with their pictures and facts as one page that needs nothing else, no network, no script."""

from html import escape

import polars as pl

from kgtools.kg.show.drawing import Beyond, draw, legend, tree
from kgtools.kg.show.profile import Profile, links, to_links
from kgtools.kg.tables import Entities, Triples

BEYOND = 3
"""How many entities are drawn behind each, two steps away."""

STYLE = """\
:root{--bg:#fff;--ink:#1d2430;--soft:#5d6776;--line:#c3cad4;--card:#f5f7f9}
@media(prefers-color-scheme:dark){:root{--bg:#14181e;--ink:#e6e9ee;--soft:#9aa5b4;--line:#46505e;--card:#1d232b}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1200px;padding:1rem;background:var(--bg);color:var(--ink);
 font:16px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
h1{font-size:1.6rem;margin:.5rem 0 0}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
h1 small,h2 small{font-weight:400;color:var(--soft);font-size:.9rem}
p{margin:.2rem 0;color:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:.8rem 0;font-size:.9rem}
.legend i{display:inline-block;width:.75em;height:.75em;border-radius:50%;margin-right:.4em}
.picture{overflow:auto;border:1px solid var(--line);border-radius:8px}
svg{display:block;margin:auto;height:auto;max-width:100%}
svg path{fill:none;stroke:var(--line);stroke-width:1}
svg .spoke{stroke:var(--soft);stroke-width:1.5}svg .in{stroke-dasharray:5 4}svg .hub{fill:var(--soft)}
svg text{font-size:12px;fill:var(--ink);paint-order:stroke;stroke:var(--bg);stroke-width:3px;stroke-linejoin:round;unicode-bidi:isolate}
svg .relation{font-weight:600;fill:var(--soft);stroke-width:5px}svg .more{fill:var(--soft)}
svg .middle{fill:#fff;stroke:none;font-size:16px;font-weight:600}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr));gap:.8rem}
.facts section{background:var(--card);border-radius:8px;padding:.6rem .9rem}
h3{font-size:.95rem;margin:0 0 .3rem}h3 small{font-weight:400;color:var(--soft)}
ul{margin:0;padding:0;list-style:none}li{overflow-wrap:anywhere;white-space:pre-line;padding:.1rem 0}
li small{color:var(--soft);display:block;font-size:.75rem;line-height:1.3}
"""


def page(profiles: list[Profile], entities: Entities, triples: Triples, depth: int, limit: int) -> str:
    """The page of these profiles; with `depth` 2 the pictures reach two steps."""
    title = "、".join(dict.fromkeys(profile.name for profile in profiles))
    parts = [_entity(each, _beyond(each, entities, triples) if depth > 1 else {}, limit) for each in profiles]
    return (
        '<!doctype html>\n<html lang="zh">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _beyond(profile: Profile, entities: Entities, triples: Triples) -> Beyond:
    """Behind each entity one step away the first few that most sources know."""
    near = {link.other for relation in profile.relations for link in relation.triples}
    rows = links(entities, triples, sorted(near)).filter(pl.col("other") != profile.id)
    best = rows.unique(["this", "other"], keep="first", maintain_order=True).sort(
        pl.col("sources").list.len(), descending=True, maintain_order=True
    )
    few = best.group_by("this", maintain_order=True).head(BEYOND).partition_by("this", as_dict=True)
    return {str(id_): list(zip(part["relation"], to_links(part), strict=True)) for (id_,), part in few.items()}


def _entity(profile: Profile, beyond: Beyond, limit: int) -> str:
    names = [name for name in (profile.name_en, "、".join(profile.aliases)) if name]
    lines = [
        f"<h1><bdi>{escape(profile.name)}</bdi> <small>{escape(profile.zh)} {escape(profile.en)}</small></h1>",
        *(f"<p><bdi>{escape(name)}</bdi></p>" for name in names),
        f"<p>{escape('、'.join(profile.sources))}</p>",
    ]
    if profile.relations:
        lines += _picture(profile, beyond, limit)
    if profile.attributes:
        lines += ["<h2>属性 <small>attributes</small></h2>", f'<div class="facts">{_attributes(profile)}</div>']
    if profile.relations:
        lines += ["<h2>三元组 <small>triples</small></h2>", f'<div class="facts">{_triples(profile)}</div>']
    return "\n".join(lines)


def _picture(profile: Profile, beyond: Beyond, limit: int) -> list[str]:
    """The legend, the drawing and what is in it."""
    drawing = tree(profile, beyond)
    types = {type_ for _, type_ in drawing.nodes(data="type")}
    dots = (f'<span><i style="background:{colour}"></i>{zh} {en}</span>' for colour, zh, en in legend(types))
    count = sum(relation.count for relation in profile.relations)
    label = f"{profile.name}: {count:,} triples of {len(profile.relations)} relations"
    most = f", up to {limit:,} of each relation drawn" if limit else ""
    return [
        f'<div class="legend">{"".join(dots)}</div>',
        f'<div class="picture">\n{draw(drawing, label)}\n</div>',
        f"<p>{count:,} triples{most}; ← and a dashed line: the relation points to {escape(profile.name)}.</p>",
    ]


def _attributes(profile: Profile) -> str:
    groups: dict[tuple[str, str], list[str]] = {}
    for each in profile.attributes:
        groups.setdefault((each.zh, each.en), []).append(_item(each.value, each.origins))
    return "".join(_section(zh, en, items) for (zh, en), items in groups.items())


def _triples(profile: Profile) -> str:
    sections = []
    for relation in profile.relations:
        items = [
            _item(f"{link.label}（{link.name_en}）" if link.name_en else link.label, link.origins)
            for link in relation.triples
        ]
        if more := relation.count - len(items):
            items.append(f"<li><small>… {more:,}</small></li>")
        arrow = "← " if relation.direction == "in" else ""
        sections.append(_section(arrow + relation.zh, f"{relation.en}, {relation.count:,}", items))
    return "".join(sections)


def _section(zh: str, en: str, items: list[str]) -> str:
    return f"<section><h3>{escape(zh)} <small>{escape(en)}</small></h3><ul>{''.join(items)}</ul></section>\n"


def _item(text: str, origins: list[str]) -> str:
    return f"<li><bdi>{escape(text)}</bdi><small>{escape('、'.join(origins))}</small></li>"
