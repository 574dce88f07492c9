// title: Entities without any triple
// title_zh: 孤立实体
// severity: warning
// why: Nothing can be asked about them; often residue, or names from a list whose relations are missing.
MATCH (n)
WHERE NOT EXISTS { MATCH (n)-[r]-(m) }
RETURN n.id AS entity, n.sources AS sources
ORDER BY entity
