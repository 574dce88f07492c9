// title: Triples by relation
// title_zh: 各类关系数量
// severity: info
// why: Which knowledge there is, and how much; a relation that shrank between two loads is lost data.
MATCH (h)-[r]->(t)
RETURN type(r) AS relation, count(*) AS triples, count(DISTINCT h) AS heads, count(DISTINCT t) AS tails
ORDER BY triples DESC, relation
