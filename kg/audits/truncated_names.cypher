// title: Names that were cut off
// title_zh: 被截断的名称
// severity: warning
// why: The crawl kept the first characters, with or without three dots; generate leaves them out until the name is completed.
// why_zh: 抓取时只保留了开头几个字，有的带三个点；在名称补全之前，generate 会略去它们。
MATCH (n)
WHERE 'truncated-name' IN n.doubts
RETURN n.id AS entity, n.sources AS sources
ORDER BY entity
