"""First layer: the rows of the table drive random walks, and say what must follow each command."""

from csp_lifecycle.testing.model import TableModel

TestTableModel = TableModel.TestCase
