// title: Diseases without a treatment
// title_zh: 没有治疗方法的疾病
// severity: warning
// why: Questions on treatment have no answer.
// why_zh: 关于治疗的问题没有答案。
MATCH (d:Disease)
WHERE NOT EXISTS { MATCH (d)-[:HAS_TREATMENT]->(:Treatment) }
RETURN d.id AS disease, d.sources AS sources
ORDER BY disease
