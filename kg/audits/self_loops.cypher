// title: Triples from an entity to itself
// title_zh: 自环
// severity: warning
// why: A disease that is its own complication teaches nothing; generate leaves these out.
// why_zh: 疾病是它自己的并发症，这样的话学不到任何东西；generate 会略去它们。
MATCH (h)-[r]->(t)
WHERE h = t
RETURN h.id AS entity, type(r) AS relation, r.sources AS sources
ORDER BY entity, relation
