// title: Triples whose ends have the wrong types
// title_zh: 类型不符的三元组
// severity: warning
// why: The relation does not allow these types: typed templates skip them, and types leak where a source files one thing under another.
MATCH (h)-[r]->(t)
WHERE NOT (labels(h)[0] + '|' + type(r) + '|' + labels(t)[0]) IN $signatures
RETURN h.id AS head, type(r) AS relation, t.id AS tail, r.sources AS sources
ORDER BY head, relation, tail
