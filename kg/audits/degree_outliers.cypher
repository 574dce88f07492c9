// title: Tails that very many heads share
// title_zh: 度数异常的实体
// severity: warning
// why: More than a fiftieth of all heads of a relation (and at least 100) point to it: too general to teach anything (如 药物治疗), or residue of the crawl.
// why_zh: 某个关系有超过五十分之一（且至少 100 个）的头实体都指向它：要么太笼统，学不到东西（如“药物治疗”），要么是抓取时留下的残渣。
MATCH ()-[r]->(t)
WITH type(r) AS relation, t.id AS entity, count(*) AS degree
WHERE degree >= 100
WITH collect({relation: relation, entity: entity, degree: degree}) AS tails
CALL {
  MATCH (h)-[r]->()
  RETURN type(r) AS relation, count(DISTINCT h) AS heads
}
UNWIND tails AS tail
WITH relation, heads, tail.relation AS of, tail.entity AS entity, tail.degree AS degree
WHERE of = relation AND degree * 50 > heads
RETURN relation, entity, degree, heads
ORDER BY degree DESC, relation, entity
