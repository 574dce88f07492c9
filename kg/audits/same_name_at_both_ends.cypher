// title: Triples between two entities of one name
// title_zh: 两端同名
// severity: info
// why: The disease 便秘 with the symptom 便秘: true, and empty as an answer.
// why_zh: 疾病“便秘”的症状是“便秘”：说得没错，但作为答案毫无内容。
MATCH (h)-[r]->(t)
WHERE h.name = t.name AND h.id <> t.id
RETURN h.id AS head, type(r) AS relation, t.id AS tail, r.sources AS sources
ORDER BY head, relation
