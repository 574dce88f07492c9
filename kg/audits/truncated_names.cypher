// title: Names that were cut off
// title_zh: 被截断的名称
// severity: warning
// why: The crawl kept the first characters and three dots; generate leaves them out until the name is completed.
MATCH (n)
WHERE n.name ENDS WITH '...' OR n.name ENDS WITH '…'
RETURN n.id AS entity, n.sources AS sources
ORDER BY entity
