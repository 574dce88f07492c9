// title: Triples whose ends have the wrong types
// title_zh: 类型不符的三元组
// severity: warning
// why: The relation does not allow these types: typed templates skip them, and types leak where a source files one thing under another.
// why_zh: 该关系不允许连接这些类型：按类型编写的模板会跳过它们；来源把一类事物归到另一类时，类型就会混淆。
MATCH (h)-[r]->(t)
WHERE NOT (labels(h)[0] + '|' + type(r) + '|' + labels(t)[0]) IN $signatures
RETURN h.id AS head, type(r) AS relation, t.id AS tail, r.sources AS sources
ORDER BY head, relation, tail
