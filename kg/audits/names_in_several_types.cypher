// title: Names that stand in several types
// title_zh: 同名多类型
// severity: info
// why: 糖尿病 the disease and 糖尿病 the symptom are two entities: the key is type and name. Many such names show how a source mixes its types.
MATCH (n)
WITH n.name AS name, count(*) AS types, min(labels(n)[0]) AS first, max(labels(n)[0]) AS last
WHERE types > 1
RETURN name, types, first, last
ORDER BY name
