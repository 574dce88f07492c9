"""What a model is told to do in each task, and the kind of task that it is, as MedS-Ins calls them."""

from typing import NamedTuple


class Definition(NamedTuple):
    """`category`: of MedS-Ins, where it has one; what is to be done, in Chinese and English."""

    category: str
    zh: str
    en: str


PLAIN = Definition("", "回答用户的话。", "Answer what the user says.")
"""Of a task that nothing is known of."""
DEFINITIONS = {
    "qa": Definition(
        "Question Answering",
        "给出一个医学知识问题，请用一句话回答。",
        "You are given a question about medical knowledge. Answer it in a sentence.",
    ),
    "mcq": Definition(
        "Question Answering",
        "给出一道医学选择题，请选出正确的选项；题目要求多选时，选出全部正确选项。写出字母和选项内容。",
        "You are given a multiple-choice question about medicine. Choose the correct option, or every correct option where "
        "several are asked for, and give its letter and text.",
    ),
    "truefalse": Definition(
        "Fact Verification",
        "给出一个医学说法，请判断是否正确。",
        "You are given a medical statement. Decide whether it is true or false.",
    ),
    "cloze": Definition(
        "Text Completion",
        "给出一句有一处空缺（____）的话，请写出空缺的内容。",
        "You are given a sentence with one blank (____). Say what belongs in the blank.",
    ),
    "list": Definition(
        "Question Answering",
        "给出一个有多个答案的医学问题，请列出全部答案。",
        "You are given a medical question to which there are several answers. List them all.",
    ),
    "reverse": Definition(
        "Question Answering",
        "给出一句没有写出名称（____）的描述，请说出它描述的是什么。",
        "You are given a description that leaves out the name (____) of what it describes. Give the name.",
    ),
    "path": Definition(
        "Question Answering",
        "给出一段没有写出名称的描述，以及一个需要逐步推理的问题，请推断所指并作答。",
        "You are given a description that names nothing, and a question that follows from it step by step. Work out what is "
        "meant, and answer.",
    ),
    "abstain": Definition(
        "Question Answering",
        "给出一个医学问题，请只根据所收录的资料回答；资料没有说明的，如实说没有说明。",
        "You are given a medical question. Answer it from the sources alone; where they do not tell, say so.",
    ),
    "fewshot": Definition(
        "Question Answering",
        "给出任务说明、若干示例和一条输入，请按示例的方式给出这条输入的输出。",
        "You are given a task, some cases of it and an input. Give the output of the input as the cases do.",
    ),
    "cypher": Definition(
        "Text to Code",
        "给出图谱结构和一个问题，请写出一条能回答该问题的 Cypher 查询。",
        "You are given the schema of a graph and a question. Write one Cypher query that answers the question.",
    ),
}
"""Task -> what is to be done."""
