// title: Diseases without a treatment
// title_zh: 没有治疗方法的疾病
// severity: warning
// why: Questions on treatment have no answer.
MATCH (d:Disease)
WHERE NOT EXISTS { MATCH (d)-[:HAS_TREATMENT]->(:Treatment) }
RETURN d.id AS disease, d.sources AS sources
ORDER BY disease
