//! Plans as tables of text.
