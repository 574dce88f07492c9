// title: Residue of the site as an entity
// title_zh: 网页残留
// severity: error
// why: A cut word of the page (驻站医师, an author, an untitled page) that the cleaning rules refuse; it is here because the source was loaded with --raw.
MATCH (n)
WHERE n.name IN $residue
OPTIONAL MATCH (h)-[r]->(n)
RETURN n.id AS entity, count(DISTINCT h.id) AS heads
ORDER BY heads DESC, entity
