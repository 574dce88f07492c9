"""Files in: text, JSON, YAML, XML, tables, workbooks, packed or not; whoever wrote them."""
