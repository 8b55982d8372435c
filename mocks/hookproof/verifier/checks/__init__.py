"""The checks. Each is a function named like its entry in ``catalogue.toml``, with dashes as underscores.

A check that returns has passed; it ends early by raising :class:`~hookproof.verifier.model.Failed` or
:class:`~hookproof.verifier.model.Undecided`.
"""
