// title: Diseases without a drug
// title_zh: 没有药物的疾病
// severity: warning
// why: Questions on medication have no answer.
MATCH (d:Disease)
WHERE NOT EXISTS { MATCH (d)-[:HAS_DRUG|RECOMMENDED_DRUG]->(:Drug) }
RETURN d.id AS disease, d.sources AS sources
ORDER BY disease
