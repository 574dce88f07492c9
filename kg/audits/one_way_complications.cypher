// title: Complications stated one way only
// title_zh: 单向并发症
// severity: info
// why: A is a complication of B, but B not of A: often right, yet it shows where a model will answer one direction only.
// why_zh: A 是 B 的并发症，B 却不是 A 的并发症：往往没有错，但说明模型只能回答其中一个方向。
MATCH (a:Disease)-[r:HAS_COMPLICATION]->(b:Disease)
WHERE a.id <> b.id AND NOT EXISTS { MATCH (b)-[:HAS_COMPLICATION]->(a) }
RETURN a.id AS disease, b.id AS complication, r.sources AS sources
ORDER BY disease, complication
