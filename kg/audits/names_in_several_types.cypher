// title: Names that stand in several types
// title_zh: 同名多类型
// severity: info
// why: 糖尿病 the disease and 糖尿病 the symptom are two entities: the key is type and name. Many such names show how a source mixes its types.
// why_zh: 疾病“糖尿病”与症状“糖尿病”是两个实体：实体由类型和名称共同确定。这样的名称多，说明来源混淆了类型。
MATCH (n)
WITH n.name AS name, count(*) AS types, min(labels(n)[0]) AS first, max(labels(n)[0]) AS last
WHERE types > 1
RETURN name, types, first, last
ORDER BY name
