// title: Entities without any triple
// title_zh: 孤立实体
// severity: warning
// why: Nothing can be asked about them; often residue, or names from a list whose relations are missing.
// why_zh: 关于它们什么都问不了；往往是残渣，或来自名录而缺少关系的名称。
MATCH (n)
WHERE NOT EXISTS { MATCH (n)-[r]-(m) }
RETURN n.id AS entity, n.sources AS sources
ORDER BY entity
