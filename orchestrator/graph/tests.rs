//! Graphs of small fleets.
