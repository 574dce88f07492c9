// title: Names as long as a sentence
// title_zh: 过长的名称
// severity: warning
// why: More than 40 characters are rarely a name: text that stands where an entity should.
// why_zh: 超过 40 个字符的很少是名称：多半是占了实体位置的一段文字。
MATCH (n)
WHERE size(n.name) > 40 AND NOT labels(n)[0] IN ["Product", "Drug"]
RETURN n.id AS entity, size(n.name) AS characters, n.sources AS sources
ORDER BY characters DESC, entity
