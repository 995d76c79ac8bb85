"""Pure: windows, plans, pay and refunds; facts and ``now`` in, answers out."""
