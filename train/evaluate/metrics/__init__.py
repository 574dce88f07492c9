"""How near a text comes to what was to be said: BLEU, GLEU and ROUGE, to the figures of nltk and rouge-chinese, many times faster."""
