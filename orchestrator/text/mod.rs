//! Input text and messages about it: sources, spans, diagnostics, KDL.

mod count;
mod diagnostic;
mod harmless;
mod source;
mod suggest;

pub mod kdl;
pub mod markdown;
pub mod show;

pub use count::count;
pub use diagnostic::{Diagnostic, Diagnostics, Label, Severity};
pub use harmless::{Shown, harmless, harmless_json, is_harmful, one_line, uncontrolled};
pub use source::{Source, SourceId, Sources, Span, Spanned};
pub use suggest::{did_you_mean, suggest};
