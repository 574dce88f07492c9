// title: Texts that were cut off
// title_zh: 被截断的文本
// severity: warning
// why: The text of an attribute stops in the middle, by its last character or because many texts stop at the same length; generate leaves it out.
// why_zh: 属性的文本在中途断开：或看最后一个字符，或因许多文本都断在同一长度；generate 会略去它。
MATCH (n)
UNWIND n.doubts AS doubt
WITH n, doubt
WHERE doubt STARTS WITH 'truncated-value '
RETURN n.id AS entity, replace(doubt, 'truncated-value ', '') AS fact, n.sources AS sources
ORDER BY entity, fact
