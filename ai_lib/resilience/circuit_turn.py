"""One look at a circuit whose state is kept elsewhere."""

from ai_lib.errors.tree import CircuitOpenError
from ai_lib.resilience.circuit import Circuit, Pass
from ai_lib.resilience.circuit_storage import CircuitRecord


class Turn:
    """What is due is counted on the state as `known`, then one call may ask for a pass.

    `record` is what became of the state. Undo the turn when that could not be stored.
    """

    def __init__(self, circuit: Circuit, known: CircuitRecord, *, asks: bool) -> None:
        self._circuit = circuit
        self._leave: Pass | None = None
        self._refusal: CircuitOpenError | None = None
        with circuit._lock:
            self._due = list(circuit._due or ())
            if circuit._due is not None:
                circuit._due.clear()
            circuit.adopt(known)
            for step in self._due:
                step()
            if asks:
                self._ask()
            self.record = circuit.record()

    def _ask(self) -> None:
        try:
            self._leave = self._circuit.admit()
        except CircuitOpenError as error:
            self._refusal = error

    def undo(self) -> None:
        """Let what was due be due again, and give the pass back."""
        with self._circuit._lock:
            if self._circuit._due is not None:
                self._circuit._due.extendleft(reversed(self._due))
            if self._leave is not None:
                self._leave.dropped()

    def leave(self) -> Pass | None:
        """Return the pass, None when none was asked for.

        Raises:
            CircuitOpenError: the call was not let through.
        """
        if self._refusal is not None:
            raise self._refusal
        return self._leave
