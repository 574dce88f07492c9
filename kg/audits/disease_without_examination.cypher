// title: Diseases without an examination
// title_zh: 没有检查的疾病
// severity: warning
// why: Questions on how to confirm the disease have no answer.
// why_zh: 关于如何确诊的问题没有答案。
MATCH (d:Disease)
WHERE NOT EXISTS { MATCH (d)-[:NEEDS_EXAMINATION]->(:Examination) }
RETURN d.id AS disease, d.sources AS sources
ORDER BY disease
