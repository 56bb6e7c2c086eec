//! The pipelines of fleets, as values and as texts.
