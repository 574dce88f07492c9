// title: Triples that contradict each other
// title_zh: 互相矛盾的三元组
// severity: error
// why: The same food both to eat and to avoid, the same disease both indicated and contraindicated: dangerous as training data; generate leaves both out.
MATCH (h)-[r]->(t)
WHERE r.id < r.contradicts
MATCH (h)-[s]->(t)
WHERE s.id = r.contradicts
RETURN h.id AS head, type(r) AS relation, type(s) AS contradicts, t.id AS tail, r.sources AS sources, s.sources AS other_sources
ORDER BY head, tail
