// title: People among the symptoms
// title_zh: 混入症状的人名
// severity: warning
// why: The name has the form of a person's name and no other name or text of the graph knows it: generate does not teach what points to it.
// why_zh: 名称形如人名，而图中没有别的名称或文字提到它：generate 不会教指向它的内容。
MATCH (n)
WHERE 'person-name' IN n.doubts
OPTIONAL MATCH (h)-[r]->(n)
RETURN n.id AS entity, count(r.id) AS triples, n.sources AS sources
ORDER BY triples DESC, entity
