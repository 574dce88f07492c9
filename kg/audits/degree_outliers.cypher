// title: Tails that very many heads share
// title_zh: 度数异常的实体
// severity: warning
// why: More than a fiftieth of all heads of a relation (and at least 100) point to it: too general to teach anything (如 药物治疗), or residue of the crawl.
MATCH (h)-[r]->(t)
WITH type(r) AS relation, count(DISTINCT h) AS heads
MATCH (h)-[r]->(t)
WHERE type(r) = relation
WITH relation, heads, t.id AS entity, count(*) AS degree
WHERE degree >= 100 AND degree * 50 > heads
RETURN relation, entity, degree, heads
ORDER BY degree DESC, relation, entity
