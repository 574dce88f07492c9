// title: Triples by relation
// title_zh: 各类关系数量
// severity: info
// why: Which knowledge there is, and how much; a relation that shrank between two loads is lost data.
// why_zh: 图谱里有哪些知识、各有多少；两次加载之间变少的关系就是丢失的数据。
MATCH (h)-[r]->(t)
RETURN type(r) AS relation, count(*) AS triples, count(DISTINCT h) AS heads, count(DISTINCT t) AS tails
ORDER BY triples DESC, relation
