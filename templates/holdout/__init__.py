"""What is held out of training: facts, entities, relations, templates or long paths, each record marked with what it is."""
