// title: Names that were cut off
// title_zh: 被截断的名称
// severity: warning
// why: The crawl kept the first characters and three dots; generate leaves them out until the name is completed.
// why_zh: 抓取时只保留了开头几个字和三个点；在名称补全之前，generate 会略去它们。
MATCH (n)
WHERE n.name ENDS WITH '...' OR n.name ENDS WITH '…'
RETURN n.id AS entity, n.sources AS sources
ORDER BY entity
