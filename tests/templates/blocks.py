"""Texts of a template in two languages, for packs that tests write."""

ZH = ["{{ head }}有什么症状？", "症状：{{ tails | listed }}。"]
EN = ["What are the signs of {{ head }}?", "These: {{ tails | listed }}."]


def blocks(*texts: str) -> str:
    """`user, assistant, user, assistant, ...` as the text of a template."""
    return "".join(
        "{% block " + ("user", "assistant")[at % 2] + f"_{at // 2 + 1} %}}" + text + "{% endblock %}\n"
        for at, text in enumerate(texts)
    )
