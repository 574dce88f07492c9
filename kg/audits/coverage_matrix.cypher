// title: Coverage: type x relation x source
// title_zh: 覆盖矩阵：类型 × 关系 × 来源
// severity: info
// why: Which source says what about which type; an empty cell is knowledge that no model can learn from this graph.
// why_zh: 哪个来源就哪类实体说了什么；空格就是模型无法从这个图谱学到的知识。
MATCH (h)-[r]->(t)
UNWIND r.sources AS source
WITH h, type(r) AS relation, source, count(*) AS number
RETURN labels(h)[0] AS type, relation, source, count(*) AS entities, sum(number) AS triples
ORDER BY type, relation, source
