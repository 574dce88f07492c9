// title: Aliases that are entities of their own
// title_zh: 别名另成实体
// severity: info
// why: Two entities that a source calls the same thing: candidates for alignment.
// why_zh: 来源认为是同一事物的两个实体：可作为实体对齐的候选。
MATCH (n)
UNWIND [n.name] + coalesce(n.aliases, []) AS name
WITH labels(n)[0] AS type, name, collect(DISTINCT n.id) AS ids, max(CASE WHEN n.name = name THEN n.id ELSE null END) AS alias
WHERE alias IS NOT NULL AND size(ids) > 1
UNWIND ids AS entity
WITH entity, alias
WHERE entity <> alias
RETURN entity, alias
ORDER BY entity, alias
