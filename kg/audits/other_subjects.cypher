// title: Descriptions of something else
// title_zh: 简介说的是另一种疾病
// severity: warning
// why: The text begins with another disease, or says its name twice, and never names its own; generate leaves it out.
// why_zh: 文本以另一种疾病开头，或两次提到它，却从未提到本病；generate 会略去它。
MATCH (n)
UNWIND n.doubts AS doubt
WITH n, doubt
WHERE doubt STARTS WITH 'other-subject '
RETURN n.id AS entity, replace(doubt, 'other-subject ', '') AS fact, n.sources AS sources
ORDER BY entity, fact
