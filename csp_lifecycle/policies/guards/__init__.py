"""One predicate per rule. Its name follows "only if", its docstring is what a refused partner reads."""
