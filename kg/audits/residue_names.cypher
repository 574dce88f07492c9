// title: Residue of the site as an entity
// title_zh: 网页残留
// severity: error
// why: A cut word of the page (驻站医师, an author, an untitled page) that the cleaning rules refuse; it is here because the source was loaded with --raw.
// why_zh: 网页上截下来的字词（如“驻站医”、作者署名、无标题文档），清洗规则本会拒绝；它出现在这里，是因为该来源是用 --raw 加载的。
MATCH (n)
WHERE n.name IN $residue
OPTIONAL MATCH (h)-[r]->(n)
RETURN n.id AS entity, count(DISTINCT h.id) AS heads
ORDER BY heads DESC, entity
