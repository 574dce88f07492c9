// title: Names that do not look like names
// title_zh: 可疑的名称
// severity: warning
// why: What the cleaning rules let pass, or what was loaded with --raw: with the sign that gives it away and the triples that hang on it.
// why_zh: 清洗规则放过的，或以 --raw 加载的：列出可疑之处以及与之相连的三元组数。
MATCH (n)
WITH n, labels(n)[0] AS type, CASE
  WHEN n.name =~ '.*[?？!！].*' THEN 'a question or exclamation mark'
  WHEN n.name =~ '.*(>>|<<|»|«|点击|查看|更多|详细|如何|怎么|为什么|什么|哪些|哪种|暂无).*' THEN 'words of a page or of a question'
  WHEN n.name =~ '[^A-Za-z一-鿿㐀-䶿α-ωΑ-Ω]+' THEN 'no letter'
  WHEN n.name =~ '.*<[A-Za-z/][^<>]*>.*' THEN 'markup'
  WHEN n.name =~ '.*[。；;].*' THEN 'a full stop or a semicolon'
  WHEN n.name =~ '[、，,：:。.].*' THEN 'a separator in front'
  WHEN n.name =~ '.*[、，,：:]' THEN 'a separator behind'
  WHEN n.name =~ '.*[、，,][、，,].*' THEN 'two separators'
  WHEN n.name =~ '.*[<>≤≥＜＞] ?[0-9].*' THEN 'a limit'
  WHEN n.name =~ '(或|与|及其|的|而|则|且|其中|包括|例如).+' AND NOT labels(n)[0] IN ['Drug', 'Product', 'Food'] THEN 'begins in the middle'
  WHEN n.name =~ '.+(的|和|与|及|或|等|为|是|在)' AND NOT labels(n)[0] IN ['Drug', 'Product', 'Food'] THEN 'ends in the middle'
  WHEN n.name =~ '.*(如果|可以|需要|应该|建议|必要时|多数|少数|一般不|为主|无需|不宜).*' THEN 'words of a sentence'
  WHEN n.name =~ '.*，.*' AND labels(n)[0] IN ['Symptom', 'Treatment', 'Food', 'BodyPart', 'Department'] THEN 'a comma'
  WHEN n.name =~ '[(（\\[【].*[)）\\]】]' AND NOT n.name =~ '.+[(（\\[【].*' THEN 'brackets around all'
  WHEN n.name =~ '.' AND labels(n)[0] IN ['Symptom', 'Treatment', 'Drug', 'Product', 'Department'] THEN 'one character'
  WHEN n.name =~ '.{26,}' AND labels(n)[0] IN ['Symptom', 'Treatment', 'Food', 'BodyPart', 'Department'] THEN 'very long'
  ELSE '' END AS evidence
WHERE evidence <> ''
OPTIONAL MATCH (h)-[r]->(n)
RETURN type, n.id AS entity, evidence, count(r.id) AS triples, n.sources AS sources
ORDER BY type, triples DESC, entity
