"""How good and how fast: metrics, fixed protocols, scorecards and benchmarks."""
