// title: Entities by type
// title_zh: 各类实体数量
// severity: info
// why: What the graph holds at all; compare it with the counts that the source states.
// why_zh: 图谱里究竟有些什么；可与来源自己公布的数量对照。
MATCH (n)
RETURN labels(n)[0] AS type, count(*) AS entities, count(n.name_en) AS with_english
ORDER BY entities DESC, type
