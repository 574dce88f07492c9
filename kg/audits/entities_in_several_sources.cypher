// title: Entities that several sources know
// title_zh: 多来源共有实体
// severity: info
// why: Where the sources overlap their triples can confirm or contradict each other.
// why_zh: 来源重叠之处，它们的三元组可以互相印证，也可以互相矛盾。
MATCH (n)
WHERE size(n.sources) > 1
RETURN labels(n)[0] AS type, n.sources AS sources, count(*) AS entities
ORDER BY type, entities DESC, sources
