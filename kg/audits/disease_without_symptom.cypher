// title: Diseases without a symptom
// title_zh: 没有症状的疾病
// severity: warning
// why: A disease that no symptom points to can be asked about but never be recognised.
// why_zh: 没有任何症状指向的疾病，可以被问到，却永远无法被识别出来。
MATCH (d:Disease)
WHERE NOT EXISTS { MATCH (d)-[:HAS_SYMPTOM]->(:Symptom) }
RETURN d.id AS disease, d.sources AS sources
ORDER BY disease
