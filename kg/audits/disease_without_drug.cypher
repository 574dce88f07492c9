// title: Diseases without a drug
// title_zh: 没有药物的疾病
// severity: warning
// why: Questions on medication have no answer.
// why_zh: 关于用药的问题没有答案。
MATCH (d:Disease)
WHERE NOT EXISTS { MATCH (d)-[:HAS_DRUG|RECOMMENDED_DRUG]->(:Drug) }
RETURN d.id AS disease, d.sources AS sources
ORDER BY disease
