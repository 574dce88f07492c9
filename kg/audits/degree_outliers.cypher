// title: Tails that very many heads share
// title_zh: 度数异常的实体
// severity: warning
// why: More than a fiftieth of all heads of a relation (and at least 100) point to it: too general to teach anything (如 药物治疗), or residue of the crawl.
// why_zh: 某个关系有超过五十分之一（且至少 100 个）的头实体都指向它：要么太笼统，学不到东西（如“药物治疗”），要么是抓取时留下的残渣。
MATCH (h)-[r]->(t)
WITH type(r) AS relation, count(DISTINCT h) AS heads, collect(t.id) AS tails
UNWIND tails AS entity
WITH relation, heads, entity, count(*) AS degree
WHERE degree >= 100 AND degree * 50 > heads
RETURN relation, entity, degree, heads
ORDER BY degree DESC, relation, entity
