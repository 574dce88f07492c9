// title: Departments and body parts that are something else
// title_zh: 可疑的科室与部位
// severity: warning
// why: A type with few members has one that is described as another kind of thing (腹部损伤 as a department): generate does not teach what points to it.
// why_zh: 成员很少的类型里，有的成员在别处被描述成另一类事物（如“腹部损伤”被当成科室）：generate 不会教指向它的内容。
MATCH (n)
WHERE 'other-type' IN n.doubts
MATCH (m)
WHERE m.name = n.name AND m.id <> n.id
OPTIONAL MATCH (h)-[r]->(n)
RETURN n.id AS entity, labels(m)[0] AS other_type, count(r.id) AS triples, n.sources AS sources, m.sources AS other_sources
ORDER BY triples DESC, entity, other_type
