// title: Triples that contradict each other
// title_zh: 互相矛盾的三元组
// severity: error
// why: The same food both to eat and to avoid, the same disease both indicated and contraindicated: dangerous as training data; generate leaves both out.
// why_zh: 同一种食物既宜吃又忌吃，同一种疾病既是适应症又是禁忌证：用作训练数据很危险；generate 会把两条都略去。
MATCH (h)-[r]->(t)
WHERE r.id < r.contradicts
MATCH (h)-[s]->(t)
WHERE s.id = r.contradicts
RETURN h.id AS head, type(r) AS relation, type(s) AS contradicts, t.id AS tail, r.sources AS sources, s.sources AS other_sources
ORDER BY head, tail
